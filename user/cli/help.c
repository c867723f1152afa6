/* SPDX-License-Identifier: MIT */
/* Lays the rows out in two columns. */
#include "user/cli/help.h"

#include <string.h>

#include "user/cli/option_table.h"

#define HELP_COLUMN 32

void cs_help_short(FILE *to)
{
    fprintf(to, "connspan: when connections start, secure and finish, for every process\n\n");
    for (size_t i = 0; i < cs_verb_count; i++)
        fprintf(to, "  connspan %s %s\n      %s\n", cs_verb_table[i].name,
                cs_verb_table[i].arguments, cs_verb_table[i].help);
    fprintf(to, "\nconnspan COMMAND --help explains a command, man connspan everything.\n");
}

static void print_option(FILE *to, const struct cs_option *row)
{
    char letter[] = {'-', row->letter, ',', '\0'};
    char left[64];
    int width = snprintf(left, sizeof(left), "  %3s --%s%s%s", row->letter ? letter : "", row->name,
                         row->metavar ? " " : "", row->metavar ? row->metavar : "");

    if (width >= HELP_COLUMN)
        fprintf(to, "%s\n%*s", left, HELP_COLUMN, "");
    else
        fprintf(to, "%-*s", HELP_COLUMN, left);
    fprintf(to, "%s\n", row->help);
    if (row->initial)
        fprintf(to, "%*s(default: %s)\n", HELP_COLUMN, "", row->initial);
}

static void print_group(FILE *to, const char *group, enum cs_verb verb)
{
    bool titled = false;

    for (size_t i = 0; i < cs_option_count; i++) {
        const struct cs_option *row = &cs_option_table[i];

        if (!(row->verbs & verb) || strcmp(row->group, group) != 0)
            continue;
        if (!titled)
            fprintf(to, "\n%s:\n", group);
        titled = true;
        print_option(to, row);
    }
}

void cs_help(FILE *to, enum cs_verb verb)
{
    if (verb == CS_VERB_NONE) {
        cs_help_short(to);
        return;
    }
    for (size_t i = 0; i < cs_verb_count; i++) {
        const struct cs_verb_row *row = &cs_verb_table[i];

        if (row->verb == verb)
            fprintf(to, "usage: connspan %s %s\n%s\n", row->name, row->arguments, row->help);
    }
    for (const char *const *group = cs_option_groups; *group; group++)
        print_group(to, *group, verb);
}
