/* SPDX-License-Identifier: MIT */
/*
 * What rows cannot tell (statuses, signals, files) stands here as text, in man(7) macros. Dashes of
 * options are written \- so that they can be copied from the page.
 */
#include "user/cli/man.h"

#include <connspan/version.h>
#include <string.h>

#include "user/cli/option_table.h"

static const char intro[] =
    ".SH NAME\n"
    "connspan \\- when connections start, secure and finish, for every process of a host\n";

static const char description[] =
    ".SH DESCRIPTION\n"
    "connspan watches the TCP functions of the kernel and the TLS libraries with eBPF and writes\n"
    "one entry per connection, with the marks of W3C Resource Timing: connectStart,\n"
    "secureConnectionStart and connectEnd. Traced programs are not changed or restarted.\n"
    ".PP\n"
    "The same option given again widens the choice (or), different options narrow it (and).\n"
    "Process ids are those of the host.\n";

static const char running[] =
    ".SH RUNNING A COMMAND\n"
    ".B connspan record \\-\\- \\fIcommand\\fR\n"
    "starts the command when all hooks are live and traces it and all that it forks. Tracing ends\n"
    "when the command itself exits, plus at most one second to drain; what is still in progress is\n"
    "written as unfinished. With \\-\\-duration tracing may end first; connspan then waits for the\n"
    "command. If nothing can be traced, the command is not run.\n"
    ".SH SIGNALS\n"
    "SIGINT, SIGTERM and SIGHUP end connspan in order: outputs are flushed and closed, then hooks\n"
    "are detached. A second signal ends it at once. While a command runs, an interrupt from the\n"
    "terminal is left to the command, other signals are passed on to it.\n";

static const char statuses[] =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone.\n"
    ".TP\n.B 1\nAn error at run time: an output could not be written, a tape is damaged.\n"
    ".TP\n.B 2\nThe command line is wrong.\n"
    ".TP\n.B 3\nThis host cannot be traced: not root, no BTF, and so on.\n"
    ".PP\n"
    "With a command the status is the command's: 127 if it was not found, 126 if it could not be\n"
    "executed, 128+N if signal N killed it. Where it is 0 and entries could not be written, it is\n"
    "1.\n"
    ".SH ENVIRONMENT\n"
    "Colour is used only on a terminal. It is off if\n"
    ".B NO_COLOR\nis set and not empty, if\n.B CLICOLOR\nis 0, or if\n.B TERM\nis dumb.\n"
    ".SH FILES\n"
    "Outputs are created with mode 0600. FIFOs, /dev/fd/N and /dev/null may be named. A directory,\n"
    "a symbolic link, a file of another owner or one with several links is refused.\n"
    ".SH EXAMPLES\n"
    ".TP\n.B connspan record\nShow the connections of this host as they finish.\n"
    ".TP\n.B connspan record \\-o run.ndjson \\-d 10m\nWrite ten minutes to a file.\n"
    ".TP\n.B connspan record \\-\\- curl \\-s https://example.com\nTrace one program.\n"
    ".TP\n.B connspan doctor\nTell what works on this host.\n"
    ".SH SEE ALSO\n"
    ".BR tcpdump (8),\n.BR bpf (2)\n";

static void write_escaped(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\')
            putc('\\', to);
        putc(*text, to);
    }
}

static void write_synopsis(FILE *to)
{
    fprintf(to, ".SH SYNOPSIS\n");
    for (size_t i = 0; i < cs_verb_count; i++) {
        fprintf(to, "%s.B connspan %s\n", i ? ".br\n" : "", cs_verb_table[i].name);
        write_escaped(to, cs_verb_table[i].arguments);
        putc('\n', to);
    }
}

static void write_verbs(FILE *to)
{
    fprintf(to, ".SH COMMANDS\n");
    for (size_t i = 0; i < cs_verb_count; i++) {
        const char *help = cs_verb_table[i].help;

        fprintf(to, ".TP\n.B %s\n%c", cs_verb_table[i].name, *help - 'a' + 'A');
        write_escaped(to, help + 1);
        fprintf(to, ".\n");
    }
}

/* "record, replay", unless every command takes it */
static void write_takers(FILE *to, const struct cs_option *row)
{
    unsigned every = 0;
    const char *comma = "";

    for (size_t i = 0; i < cs_verb_count; i++)
        every |= cs_verb_table[i].verb;
    if (row->verbs == every)
        return;
    fprintf(to, " (");
    for (size_t i = 0; i < cs_verb_count; i++) {
        if (!(row->verbs & cs_verb_table[i].verb))
            continue;
        fprintf(to, "%s%s", comma, cs_verb_table[i].name);
        comma = ", ";
    }
    putc(')', to);
}

static void write_option(FILE *to, const struct cs_option *row)
{
    fprintf(to, ".TP\n");
    if (row->letter)
        fprintf(to, "\\fB\\-%c\\fR, ", row->letter);
    fprintf(to, "\\fB\\-\\-");
    write_escaped(to, row->name);
    fprintf(to, "\\fR");
    if (row->metavar)
        fprintf(to, " \\fI%s\\fR", row->metavar);
    fprintf(to, "\n%c", *row->help - 'a' + 'A');
    write_escaped(to, row->help + 1);
    if (row->initial) {
        fprintf(to, "; default: ");
        write_escaped(to, row->initial);
    }
    putc('.', to);
    write_takers(to, row);
    putc('\n', to);
}

static void write_options(FILE *to)
{
    fprintf(to, ".SH OPTIONS\n");
    for (const char *const *group = cs_option_groups; *group; group++) {
        fprintf(to, ".SS %s\n", *group);
        for (size_t i = 0; i < cs_option_count; i++) {
            if (!strcmp(cs_option_table[i].group, *group))
                write_option(to, &cs_option_table[i]);
        }
    }
}

void cs_man_write(FILE *to)
{
    fprintf(to, ".TH CONNSPAN 8 \"\" \"connspan %s\"\n", CONNSPAN_VERSION);
    fputs(intro, to);
    write_synopsis(to);
    fputs(description, to);
    write_verbs(to);
    write_options(to);
    fputs(running, to);
    fputs(statuses, to);
}
