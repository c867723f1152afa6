/* SPDX-License-Identifier: MIT */
/* Help, manual page and completions name every option that the parser takes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cli/completion.h"
#include "user/cli/help.h"
#include "user/cli/man.h"
#include "user/cli/option_table.h"

static char *text_of(void (*write)(FILE *to))
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    write(file);
    fclose(file);
    return text;
}

static void expect_all(const char *what, const char *text, const char *prefix, unsigned verbs)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        char wanted[64];
        size_t used = (size_t)snprintf(wanted, sizeof(wanted), "%s", prefix);
        bool dashes_escaped = strchr(prefix, '\\') != NULL;

        for (const char *at = cs_option_table[i].name; *at; at++)
            used += (size_t)snprintf(wanted + used, sizeof(wanted) - used, "%s%c",
                                     *at == '-' && dashes_escaped ? "\\" : "", *at);
        if (cs_option_table[i].verbs & verbs)
            cr_expect(strstr(text, wanted), "%s lacks %s", what, wanted);
        else
            cr_expect_not(strstr(text, wanted), "%s has %s", what, wanted);
    }
}

Test(generate, every_option_everywhere)
{
    char *man = text_of(cs_man_write);
    char *bash = text_of(cs_completion_bash);
    char *zsh = text_of(cs_completion_zsh);
    char *fish = text_of(cs_completion_fish);

    expect_all("man", man, "\\-\\-", ~0u);
    expect_all("bash", bash, "--", ~0u);
    expect_all("zsh", zsh, "--", ~0u);
    expect_all("fish", fish, "-l ", ~0u);
    free(man);
    free(bash);
    free(zsh);
    free(fish);
}

static enum cs_verb verb_to_help;

static void write_help(FILE *to)
{
    cs_help(to, verb_to_help);
}

Test(generate, help_of_each_command)
{
    for (size_t i = 0; i < cs_verb_count; i++) {
        char *help;

        verb_to_help = cs_verb_table[i].verb;
        help = text_of(write_help);
        expect_all(cs_verb_table[i].name, help, " --", verb_to_help);
        for (const char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
            cr_expect(strlen(line) <= 120, "too wide: %s", line);
        free(help);
    }
}

Test(generate, rows_are_consistent)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        const struct cs_option *row = &cs_option_table[i];
        bool bare = row->type == CS_OPTION_FLAG || row->type == CS_OPTION_COUNT;
        bool grouped = false;

        cr_expect_eq(bare, row->metavar == NULL, "--%s", row->name);
        cr_expect(row->type != CS_OPTION_CHOICE || row->choices, "--%s", row->name);
        for (const char *const *group = cs_option_groups; *group; group++)
            grouped |= !strcmp(*group, row->group);
        cr_expect(grouped, "--%s is in no group", row->name);
        for (size_t j = 0; j < i; j++) {
            cr_expect_str_neq(row->name, cs_option_table[j].name);
            cr_expect(!row->letter || row->letter != cs_option_table[j].letter, "-%c twice",
                      row->letter);
        }
    }
}
