/* SPDX-License-Identifier: MIT */
/*
 * The parser. By hand, not getopt_long: that keeps its place in globals, prints, and takes
 * abbreviations which a later option would make ambiguous in somebody's script.
 */
#include "user/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/cli/nearest.h"
#include "user/cli/option_table.h"
#include "user/cli/values.h"

struct parser {
    char *const *next; /* the argument to look at; argv is NULL-terminated */
    const struct cs_verb_row *verb;
    struct cs_options *options;
    char *error;
};

static bool takes(const struct parser *parser, const struct cs_option *row)
{
    return row->verbs & parser->verb->verb;
}

static const struct cs_option *find_letter(const struct parser *parser, char letter)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        if (cs_option_table[i].letter == letter && takes(parser, &cs_option_table[i]))
            return &cs_option_table[i];
    }
    return NULL;
}

static const struct cs_option *find_name(const struct parser *parser, const char *name,
                                         size_t length)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        const struct cs_option *row = &cs_option_table[i];

        if (strlen(row->name) == length && !strncmp(row->name, name, length) && takes(parser, row))
            return row;
    }
    return NULL;
}

static int refuse_name(const struct parser *parser, const char *name, size_t length)
{
    struct cs_nearest nearest = {0};
    char typed[64];

    if (length < sizeof(typed)) {
        memcpy(typed, name, length);
        typed[length] = '\0';
        for (size_t i = 0; i < cs_option_count; i++) {
            if (takes(parser, &cs_option_table[i]))
                cs_nearest_offer(&nearest, typed, cs_option_table[i].name);
        }
    }
    if (nearest.word)
        return cs_invalid(parser->error, "%s: unknown option --%.*s (did you mean --%s?)",
                          parser->verb->name, (int)length, name, nearest.word);
    return cs_invalid(parser->error, "%s: unknown option --%.*s (see connspan %s --help)",
                      parser->verb->name, (int)length, name, parser->verb->name);
}

/* `value` is what was attached to the option itself, NULL if nothing. */
static int store(struct parser *parser, const struct cs_option *row, const char *value)
{
    if (!row->metavar && value)
        return cs_invalid(parser->error, "%s: --%s takes no value", parser->verb->name, row->name);
    if (row->metavar && !value)
        value = *parser->next ? *parser->next++ : NULL;
    if (row->metavar && !value)
        return cs_invalid(parser->error, "%s: --%s needs a value (--%s %s)", parser->verb->name,
                          row->name, row->name, row->metavar);
    return cs_value_store(row, value, parser->options, parser->error);
}

static int parse_long(struct parser *parser, const char *name)
{
    size_t length = strcspn(name, "=");
    const struct cs_option *row = find_name(parser, name, length);

    if (!row)
        return refuse_name(parser, name, length);
    return store(parser, row, name[length] == '=' ? name + length + 1 : NULL);
}

/* -q, -qv, -o FILE, -oFILE */
static int parse_letters(struct parser *parser, const char *letters)
{
    for (; *letters; letters++) {
        const struct cs_option *row = find_letter(parser, *letters);
        bool attached = row && row->metavar && letters[1];

        if (!row)
            return cs_invalid(parser->error, "%s: unknown option -%c (see connspan %s --help)",
                              parser->verb->name, *letters, parser->verb->name);
        if (store(parser, row, attached ? letters + 1 : NULL))
            return -EINVAL;
        if (attached)
            return 0;
    }
    return 0;
}

/* As many as the shell passes: rotated files are many. */
static int add_file(struct parser *parser, const char *path)
{
    struct cs_options *options = parser->options;
    const char **files = realloc(options->files, (options->file_count + 1) * sizeof(*files));

    if (!files)
        return cs_invalid(parser->error, "out of memory");
    files[options->file_count++] = path;
    options->files = files;
    return 0;
}

static int parse_argument(struct parser *parser, const char *argument)
{
    if (parser->verb->verb == CS_VERB_REPORT)
        return add_file(parser, argument);
    if (parser->verb->verb == CS_VERB_REPLAY && !parser->options->tape) {
        parser->options->tape = argument;
        return 0;
    }
    if (parser->verb->verb == CS_VERB_RECORD)
        return cs_invalid(parser->error,
                          "record: unexpected argument '%s' (a command to run goes after --)",
                          argument);
    return cs_invalid(parser->error, "%s: unexpected argument '%s' (usage: connspan %s %s)",
                      parser->verb->name, argument, parser->verb->name, parser->verb->arguments);
}

/* After --: record's command, or arguments that may begin with a dash. */
static int parse_rest(struct parser *parser)
{
    if (parser->verb->verb == CS_VERB_RECORD) {
        if (!*parser->next)
            return cs_invalid(parser->error, "record: no command after -- (write -- curl URL)");
        parser->options->command = parser->next;
        return 0;
    }
    while (*parser->next) {
        if (parse_argument(parser, *parser->next++))
            return -EINVAL;
    }
    return 0;
}

static int parse_all(struct parser *parser)
{
    while (*parser->next) {
        const char *argument = *parser->next++;
        int err;

        if (!strcmp(argument, "--"))
            return parse_rest(parser);
        if (!strncmp(argument, "--", 2))
            err = parse_long(parser, argument + 2);
        else if (argument[0] == '-' && argument[1])
            err = parse_letters(parser, argument + 1);
        else
            err = parse_argument(parser, argument);
        if (err)
            return err;
    }
    return 0;
}

/* What would be of no effect is not meant. */
static int check_requests(const struct cs_options *options, char *error)
{
    if (!options->requests && (options->plaintext || options->url))
        return cs_invalid(error, "--%s: no entry is of a request (add --requests)",
                          options->plaintext ? "plaintext" : "url");
    if (options->requests && options->no_wire)
        return cs_invalid(error, "--requests: they are seen in packets (leave --no-wire out)");
    if (options->plaintext && options->no_uprobes)
        return cs_invalid(error, "--plaintext: it is read by uprobes (leave --no-uprobes out)");
    return 0;
}

/* What no single option can see. */
static int check_together(const struct cs_options *options, char *error)
{
    if (options->help || options->version)
        return 0;
    if (options->verb == CS_VERB_REPLAY && !options->tape)
        return cs_invalid(error, "replay: no tape named (connspan replay TAPE)");
    if ((options->keep || options->compress) && !options->rotate_bytes && !options->rotate_every_ns)
        return cs_invalid(error,
                          "--%s: no file is ever closed (add --rotate-size or --rotate-every)",
                          options->keep ? "keep" : "compress");
    if (options->verb == CS_VERB_REPORT && !options->file_count)
        return cs_invalid(error,
                          "report: no file named (connspan report FILE..., - is standard input)");
    if (!options->listen && (options->listen_group || options->listen_mode || options->listen_all))
        return cs_invalid(error, "record: nothing listens (add --listen SOCKET)");
    if (options->user && !options->command)
        return cs_invalid(error, "record: --user needs a command (--user NAME -- command)");
    for (size_t i = 0; options->tape && i < options->outputs.count; i++) {
        if (!strcmp(options->outputs.items[i].path, options->tape))
            return cs_invalid(error, "tape and output are both '%s' (each needs its own file)",
                              options->tape);
    }
    return check_requests(options, error);
}

static const struct cs_verb_row *find_verb(const char *name, char *error)
{
    struct cs_nearest nearest = {0};

    for (size_t i = 0; i < cs_verb_count; i++) {
        if (!strcmp(cs_verb_table[i].name, name))
            return &cs_verb_table[i];
        cs_nearest_offer(&nearest, name, cs_verb_table[i].name);
    }
    if (nearest.word)
        cs_invalid(error, "unknown command '%s' (did you mean %s?)", name, nearest.word);
    else
        cs_invalid(error, "unknown command '%s' (see connspan --help)", name);
    return NULL;
}

/* `connspan --help`, `connspan help [command]`, `connspan --version`: before any command. */
static bool parse_bare(char *const *argv, struct cs_options *options)
{
    bool help_word = argv[1] && !strcmp(argv[1], "help");

    if (argv[1] && !strcmp(argv[1], "--version") && !argv[2])
        options->version = true;
    else if (argv[1] && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || help_word))
        options->help = true;
    return options->version || (options->help && !(help_word && argv[2]));
}

int cs_options_parse(int argc, char *const *argv, struct cs_options *options,
                     char error[CS_ERROR_ROOM])
{
    struct cs_options parsed = {0};
    struct parser parser = {.options = &parsed, .error = error};

    if (argc < 2)
        return cs_invalid(error, "which command?");
    if (!parse_bare(argv, &parsed)) {
        parser.next = argv + (parsed.help ? 3 : 2);
        parser.verb = find_verb(parser.next[-1], error);
        if (!parser.verb)
            return -EINVAL;
        parsed.verb = parser.verb->verb;
        if (parse_all(&parser) || check_together(&parsed, error)) {
            free(parsed.files);
            return -EINVAL;
        }
    }
    *options = parsed;
    return 0;
}
