/* SPDX-License-Identifier: MIT */
/*
 * One writer per shell. What a value may be follows from the row's type: its choices, a file, a
 * process or a user; where the type tells nothing, the shell offers nothing.
 */
#include "user/cli/completion.h"

#include <string.h>

#include "user/cli/option_table.h"

/* Who can list the values of an option, in each shell's words. */
struct source {
    const char *bash;
    const char *zsh;
    const char *fish;
};

static struct source source_of(const struct cs_option *row)
{
    if (row->type == CS_OPTION_OUTPUTS || !strcmp(row->metavar, "FILE") ||
        !strcmp(row->metavar, "SOCKET"))
        return (struct source){"compgen -f --", "_files", "-rF"};
    if (row->type == CS_OPTION_PIDS)
        return (struct source){"compgen -W \"$(ps -eo pid= 2>/dev/null)\" --", "_pids",
                               "-xa '(__fish_complete_pids)'"};
    if (!strcmp(row->name, "user"))
        return (struct source){"compgen -u --", "_users", "-xa '(__fish_complete_users)'"};
    return (struct source){"compgen -W '' --", " ", "-x"};
}

static bool has_choices(const struct cs_option *row)
{
    return row->type == CS_OPTION_CHOICE;
}

static void write_choices(FILE *to, const struct cs_option *row)
{
    for (const struct cs_choice *choice = row->choices; choice->name; choice++)
        fprintf(to, "%s%s", choice == row->choices ? "" : " ", choice->name);
}

/* Inside single quotes, in which [ and : mean something to zsh. */
static void write_quoted(FILE *to, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", to);
            continue;
        }
        if (strchr(special, *text))
            putc('\\', to);
        putc(*text, to);
    }
}

static void write_bash_values(FILE *to)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        const struct cs_option *row = &cs_option_table[i];

        if (!row->metavar)
            continue;
        fprintf(to, "    --%s", row->name);
        if (row->letter)
            fprintf(to, " | -%c", row->letter);
        fprintf(to, ")\n        mapfile -t COMPREPLY < <(");
        if (has_choices(row)) {
            fprintf(to, "compgen -W '");
            write_choices(to, row);
            fprintf(to, "' --");
        } else {
            fputs(source_of(row).bash, to);
        }
        fprintf(to, " \"$word\")\n        return\n        ;;\n");
    }
}

static void write_bash_words(FILE *to, const struct cs_verb_row *verb)
{
    fprintf(to, "    %s) words='", verb->name);
    for (size_t i = 0; i < cs_option_count; i++) {
        if (cs_option_table[i].verbs & verb->verb)
            fprintf(to, "--%s ", cs_option_table[i].name);
    }
    fprintf(to, "'%s ;;\n", verb->files ? " files=yes" : "");
}

void cs_completion_bash(FILE *to)
{
    fprintf(to, "# bash completion for connspan, generated from its option table\n"
                "_connspan() {\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "    local words='help --help --version' files= at\n"
                "    for ((at = 2; at < COMP_CWORD; at++)); do\n"
                "        if [[ ${COMP_WORDS[at]} == -- ]]; then\n"
                "            _command_offset $((at + 1)) 2>/dev/null\n"
                "            return\n"
                "        fi\n"
                "    done\n"
                "    case $before in\n");
    write_bash_values(to);
    fprintf(to, "    esac\n    if ((COMP_CWORD == 1)); then\n        words+='");
    for (size_t i = 0; i < cs_verb_count; i++)
        fprintf(to, " %s", cs_verb_table[i].name);
    fprintf(to, "'\n    else\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < cs_verb_count; i++)
        write_bash_words(to, &cs_verb_table[i]);
    fprintf(to, "    esac\n    fi\n"
                "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                "    if [[ $files && $word != -* ]]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _connspan connspan\n");
}

static void write_zsh_option(FILE *to, const struct cs_option *row)
{
    bool again = row->type == CS_OPTION_OUTPUTS || row->type == CS_OPTION_TEXTS ||
                 row->type == CS_OPTION_PIDS || row->type == CS_OPTION_PORTS ||
                 row->type == CS_OPTION_COUNT;

    fprintf(to, "            %s", again ? "'*'" : "");
    if (row->letter)
        fprintf(to, "{-%c,--%s}", row->letter, row->name);
    else
        fprintf(to, "--%s", row->name);
    fprintf(to, "'[");
    write_quoted(to, row->help, "[]:");
    putc(']', to);
    if (row->metavar && has_choices(row)) {
        fprintf(to, ":%s:(", row->name);
        write_choices(to, row);
        putc(')', to);
    } else if (row->metavar) {
        fprintf(to, ":%s:%s", row->name, source_of(row).zsh);
    }
    fprintf(to, "' \\\n");
}

static void write_zsh_verb(FILE *to, const struct cs_verb_row *verb)
{
    fprintf(to, "    %s)\n        _arguments -s -S \\\n", verb->name);
    for (size_t i = 0; i < cs_option_count; i++) {
        if (cs_option_table[i].verbs & verb->verb)
            write_zsh_option(to, &cs_option_table[i]);
    }
    if (verb->verb == CS_VERB_RECORD)
        fprintf(to, "            '(-)1:command: _command_names -e' '*::arguments: _normal'\n");
    else
        fprintf(to, "            %s\n", verb->files ? "'*:file:_files'" : "");
    fprintf(to, "        ;;\n");
}

void cs_completion_zsh(FILE *to)
{
    fprintf(to, "#compdef connspan\n# generated from the option table of connspan\n"
                "local -a commands=(\n");
    for (size_t i = 0; i < cs_verb_count; i++) {
        fprintf(to, "    '%s:", cs_verb_table[i].name);
        write_quoted(to, cs_verb_table[i].help, ":");
        fprintf(to, "'\n");
    }
    fprintf(to, "    'help:explain a command'\n)\n"
                "if ((CURRENT == 2)); then\n"
                "    _describe command commands\n    return\nfi\n"
                "shift words\n((CURRENT--))\n"
                "case $words[1] in\n");
    for (size_t i = 0; i < cs_verb_count; i++)
        write_zsh_verb(to, &cs_verb_table[i]);
    fprintf(to, "esac\n");
}

static void write_fish_option(FILE *to, const struct cs_option *row)
{
    fprintf(to, "complete -c connspan -n '__fish_seen_subcommand_from");
    for (size_t i = 0; i < cs_verb_count; i++) {
        if (row->verbs & cs_verb_table[i].verb)
            fprintf(to, " %s", cs_verb_table[i].name);
    }
    fprintf(to, "' -l %s", row->name);
    if (row->letter)
        fprintf(to, " -s %c", row->letter);
    if (row->metavar && has_choices(row)) {
        fprintf(to, " -xa '");
        write_choices(to, row);
        putc('\'', to);
    } else if (row->metavar) {
        fprintf(to, " %s", source_of(row).fish);
    }
    fprintf(to, " -d '");
    for (const char *at = row->help; *at; at++)
        fprintf(to, "%s%c", *at == '\'' ? "\\" : "", *at);
    fprintf(to, "'\n");
}

void cs_completion_fish(FILE *to)
{
    fprintf(to, "# fish completion for connspan, generated from its option table\n"
                "complete -c connspan -n __fish_use_subcommand -f\n"
                "complete -c connspan -n '__fish_seen_subcommand_from record doctor help' -f\n");
    for (size_t i = 0; i < cs_verb_count; i++)
        fprintf(to, "complete -c connspan -n __fish_use_subcommand -a %s -d '%s'\n",
                cs_verb_table[i].name, cs_verb_table[i].help);
    for (size_t i = 0; i < cs_option_count; i++)
        write_fish_option(to, &cs_option_table[i]);
}
