/* SPDX-License-Identifier: MIT */
/*
 * connspan-gen, run while building: `connspan-gen man|bash|zsh|fish FILE` writes the manual page or
 * a completion from the option rows, so that neither can say something the parser does not know.
 */
#include <stdio.h>
#include <string.h>

#include "user/cli/completion.h"
#include "user/cli/man.h"

static const struct {
    const char *name;
    void (*write)(FILE *to);
} kinds[] = {
    {"man", cs_man_write},
    {"bash", cs_completion_bash},
    {"zsh", cs_completion_zsh},
    {"fish", cs_completion_fish},
};

static int write_file(void (*write)(FILE *to), const char *path)
{
    FILE *file = fopen(path, "w");
    int failed;

    if (!file) {
        perror(path);
        return 1;
    }
    write(file);
    failed = ferror(file);
    if (fclose(file) || failed) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(kinds[i].name, argv[1]))
            return write_file(kinds[i].write, argv[2]);
    }
    fprintf(stderr, "usage: connspan-gen man|bash|zsh|fish FILE\n");
    return 2;
}
