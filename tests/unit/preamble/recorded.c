/* SPDX-License-Identifier: MIT */
/* Exchanges of real clients and proxies, and of RFCs where none was at hand, in every cut and
 * order. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/exchange.h"

enum { EXCHANGES_AT_LEAST = 40 };

static const struct exchange_cut cuts[] = {
    {0},
    {.split_bytes = 1},
    {.reversed = true},
    {.split_bytes = 1, .reversed = true},
    {.split_bytes = 3, .doubled = true},
    {.split_bytes = 7, .reversed = true, .doubled = true},
};

static void expect_exchange(const char *name)
{
    struct exchange exchange;
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", EXCHANGES, name);
    cr_assert_eq(exchange_read(&exchange, path), 0, "%s", path);
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct cs_preamble *preamble = cs_preamble_new();
        char described[EXCHANGE_TEXT_BYTES];

        exchange_play(&exchange, &cuts[i], preamble);
        exchange_describe(cs_preamble_facts(preamble), described, sizeof(described));
        cr_expect_str_eq(described, exchange.expected, "%s, cut %zu:\n%s\nnot\n%s", name, i,
                         described, exchange.expected);
        cs_preamble_free(preamble);
    }
    exchange_free(&exchange);
}

static int is_exchange(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

TestSuite(recorded, .timeout = 30);

Test(recorded, every_exchange_in_every_cut)
{
    struct dirent **entries;
    int count = scandir(EXCHANGES, &entries, is_exchange, alphasort);

    cr_expect_geq(count, EXCHANGES_AT_LEAST);
    for (int i = 0; i < count; i++) {
        expect_exchange(entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
