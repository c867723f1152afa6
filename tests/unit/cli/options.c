/* SPDX-License-Identifier: MIT */
/* Whole command lines, good and bad, row by row. */
#include "user/cli/options.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 32

/* Splits at blanks into a static argv. */
static int parse(const char *line, struct cs_options *options, char *error)
{
    static char text[512];
    static char *argv[ARGS_MAX + 1];
    int argc = 0;

    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word && argc < ARGS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return cs_options_parse(argc, argv, options, error);
}

static struct cs_options parse_good(const char *line)
{
    struct cs_options options;
    char error[CS_ERROR_ROOM] = "";

    cr_assert_eq(parse(line, &options, error), 0, "%s: %s", line, error);
    return options;
}

struct refusal {
    const char *line;
    const char *error;
};

static void expect_refused(const struct refusal *refusal)
{
    struct cs_options options = {.verbosity = 7};
    char error[CS_ERROR_ROOM] = "";

    cr_expect_eq(parse(refusal->line, &options, error), -EINVAL, "%s", refusal->line);
    cr_expect_str_eq(error, refusal->error, "%s: %s", refusal->line, error);
    cr_expect_eq(options.verbosity, 7, "%s: touched", refusal->line);
}

Test(options, errors_say_what_where_and_how)
{
    static const struct refusal rows[] = {
        {"connspan recrod", "unknown command 'recrod' (did you mean record?)"},
        {"connspan xyz", "unknown command 'xyz' (see connspan --help)"},
        {"connspan help xyz", "unknown command 'xyz' (see connspan --help)"},
        {"connspan record --outptu x", "record: unknown option --outptu (did you mean --output?)"},
        {"connspan record --no-uprobe",
         "record: unknown option --no-uprobe (did you mean --no-uprobes?)"},
        {"connspan record --decrypt",
         "record: unknown option --decrypt (see connspan record --help)"},
        {"connspan record --listen-mode 0600", "record: nothing listens (add --listen SOCKET)"},
        {"connspan observe --listen s",
         "observe: unknown option --listen (see connspan observe --help)"},
        {"connspan observe file",
         "observe: unexpected argument 'file' (usage: connspan observe [options])"},
        {"connspan record --out=x", "record: unknown option --out (did you mean --output?)"},
        {"connspan record -x", "record: unknown option -x (see connspan record --help)"},
        {"connspan record -qx", "record: unknown option -x (see connspan record --help)"},
        {"connspan doctor --pid 1", "doctor: unknown option --pid (see connspan doctor --help)"},
        {"connspan replay --no-wire t",
         "replay: unknown option --no-wire (see connspan replay --help)"},
        {"connspan record --output", "record: --output needs a value (--output [FORMAT:]FILE)"},
        {"connspan record -p", "record: --pid needs a value (--pid PID)"},
        {"connspan record --quiet=yes", "record: --quiet takes no value"},
        {"connspan record curl x",
         "record: unexpected argument 'curl' (a command to run goes after --)"},
        {"connspan record --", "record: no command after -- (write -- curl URL)"},
        {"connspan record -u nobody", "record: --user needs a command (--user NAME -- command)"},
        {"connspan record -o a --output a",
         "--output: two outputs to 'a' (each needs a file of its own)"},
        {"connspan record -o a -o table:a",
         "--output: two outputs to 'a' (each needs a file of its own)"},
        {"connspan record --tape a -o a", "tape and output are both 'a' (each needs its own file)"},
        {"connspan report --json",
         "report: no file named (connspan report FILE..., - is standard input)"},
        {"connspan report a --by size", "--by: 'size' is not one of name, comm, remote, container"},
        {"connspan report a --port 1",
         "report: unknown option --port (see connspan report --help)"},
        {"connspan replay", "replay: no tape named (connspan replay TAPE)"},
        {"connspan replay a b",
         "replay: unexpected argument 'b' (usage: connspan replay TAPE [options])"},
        {"connspan replay a -- b",
         "replay: unexpected argument 'b' (usage: connspan replay TAPE [options])"},
        {"connspan doctor now",
         "doctor: unexpected argument 'now' (usage: connspan doctor [--json])"},
        {"connspan record --role clint", "--role: 'clint' is not one of client, server, both"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused(&rows[i]);
}

/* What would do nothing is refused. */
Test(options, requests_and_what_is_about_them)
{
    static const struct refusal rows[] = {
        {"connspan record --plaintext", "--plaintext: no entry is of a request (add --requests)"},
        {"connspan record --requests --no-wire",
         "--requests: they are seen in packets (leave --no-wire out)"},
        {"connspan record --requests --plaintext --no-uprobes",
         "--plaintext: it is read by uprobes (leave --no-uprobes out)"},
        {"connspan replay t --url full", "--url: no entry is of a request (add --requests)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused(&rows[i]);
    cr_expect(parse_good("connspan record --requests --plaintext --url full").plaintext);
}

Test(options, every_option_of_record)
{
    struct cs_options options =
        parse_good("connspan record -o table:- --output=run.ndjson -f ndjson -d 10 -a --mode 640 "
                   "--role both --hooks basic --no-uprobes --no-wire -qvv");

    cr_assert_eq(options.verb, CS_VERB_RECORD);
    cr_assert_eq(options.outputs.count, 2);
    cr_assert_str_eq(options.outputs.items[0].path, "-");
    cr_assert_eq(options.outputs.items[0].format, CONNSPAN_FORMAT_TABLE);
    cr_assert_str_eq(options.outputs.items[1].path, "run.ndjson");
    cr_assert_eq(options.outputs.items[1].format, CONNSPAN_FORMAT_NONE);
    cr_assert_eq(options.format, CONNSPAN_FORMAT_NDJSON);
    cr_assert_eq(options.duration_ns, 10000000000);
    cr_assert_eq(options.mode, 0640);
    cr_assert_eq(options.role, CONNSPAN_ROLE_BOTH);
    cr_assert_eq(options.connect_hook, CONNSPAN_HOOK_BASIC);
    cr_assert(options.all && options.no_uprobes && options.no_wire && options.quiet);
    cr_assert_not(options.no_uretprobes);
    cr_assert_eq(options.verbosity, 2);
}

Test(options, filters_may_be_repeated)
{
    struct cs_options options = parse_good("connspan record -p1 -p 4194304 --pid=3 -c curl -c no* "
                                           "--port 443 --port 1 --cgroup /a");

    cr_assert_eq(options.pids.count, 3);
    cr_assert_eq(options.pids.items[0], 1);
    cr_assert_eq(options.pids.items[1], 4194304);
    cr_assert_eq(options.comms.count, 2);
    cr_assert_str_eq(options.comms.items[1], "no*");
    cr_assert_eq(options.ports.items[0], 443);
    cr_assert_str_eq(options.cgroups.items[0], "/a");
}

Test(options, a_command_keeps_its_own_options)
{
    struct cs_options options = parse_good("connspan record -u nobody -- curl -o x --help -- y");

    cr_assert_str_eq(options.user, "nobody");
    cr_assert_str_eq(options.command[0], "curl");
    cr_assert_str_eq(options.command[4], "--");
    cr_assert_null(options.command[6]);
    cr_assert_eq(options.outputs.count, 0);
    cr_assert_not(options.help);
}

Test(options, a_tape_stands_anywhere)
{
    cr_assert_str_eq(parse_good("connspan replay t -f table").tape, "t");
    cr_assert_str_eq(parse_good("connspan replay -f table t").tape, "t");
    cr_assert_str_eq(parse_good("connspan replay -f table -- --t").tape, "--t");
    cr_assert_str_eq(parse_good("connspan replay -").tape, "-");
}

Test(options, files_stand_anywhere)
{
    struct cs_options options =
        parse_good("connspan report a --json - --by comm --since 1h -- --b");

    cr_assert_eq(options.file_count, 3);
    cr_expect_str_eq(options.files[0], "a");
    cr_expect_str_eq(options.files[1], "-");
    cr_expect_str_eq(options.files[2], "--b");
    cr_expect_eq(options.by, 1 << CONNSPAN_BY_COMM);
    cr_expect(options.since.ago);
    free(options.files);
}

Test(options, help_and_version_ask_for_nothing_else)
{
    cr_assert(parse_good("connspan --help").help);
    cr_assert(parse_good("connspan -h").help);
    cr_assert(parse_good("connspan help").help);
    cr_assert(parse_good("connspan --version").version);
    cr_assert_eq(parse_good("connspan help").verb, CS_VERB_NONE);
    cr_assert(parse_good("connspan help replay").help);
    cr_assert_eq(parse_good("connspan help replay").verb, CS_VERB_REPLAY);
    cr_assert(parse_good("connspan replay --help").help);
    cr_assert(parse_good("connspan doctor --json --version").version);
}
