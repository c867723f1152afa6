/* SPDX-License-Identifier: MIT */
/* A copy says the same as the entry, when that and all its strings are gone. */
#include "user/timeline/item.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

TestSuite(item);

static char *json_of(const struct connspan_entry *entry)
{
    size_t length = connspan_entry_json(entry, NULL, 0);
    char *text = malloc(length + 1);

    connspan_entry_json(entry, text, length + 1);
    return text;
}

static void expect_same(struct connspan_entry entry)
{
    struct connspan_entry *copy = connspan_entry_copy(&entry);
    char *expected = json_of(&entry);
    char *got = json_of(copy);

    cr_expect_str_eq(got, expected);
    cr_expect_neq(copy->name, entry.name);
    free(expected);
    free(got);
    connspan_entry_free(copy);
}

Test(item, every_kind_of_entry)
{
    expect_same(sample_plain());
    expect_same(sample_tls());
    expect_same(sample_failed());
    expect_same(sample_unknown());
}

Test(item, strings_are_its_own)
{
    struct connspan_entry entry = sample_tls();
    char name[] = "https://gone.example/", protocol[] = "h2";
    const char *offered[] = {protocol};
    struct connspan_entry *copy;

    entry.name = name;
    entry.tls.alpn_offered = offered;
    entry.tls.alpn_offered_count = 1;
    copy = connspan_entry_copy(&entry);
    memset(name, 'x', sizeof(name) - 1);
    memset(protocol, 'x', sizeof(protocol) - 1);
    offered[0] = NULL;
    cr_expect_str_eq(copy->name, "https://gone.example/");
    cr_expect_str_eq(copy->tls.alpn_offered[0], "h2");
    connspan_entry_free(copy);
    connspan_entry_free(NULL);
}

Test(item, an_entry_of_an_older_caller_is_shorter)
{
    struct connspan_entry entry = sample_plain();
    struct connspan_entry *copy;

    entry.size = offsetof(struct connspan_entry, tls);
    entry.tls.version = (const char *)1; /* not there for that caller */
    copy = connspan_entry_copy(&entry);
    cr_expect_null(copy->tls.version);
    cr_expect_eq(copy->size, sizeof(*copy));
    connspan_entry_free(copy);
}

Test(item, the_last_holder_frees)
{
    struct connspan_entry entry = sample_plain();
    struct cs_item *item = cs_item_new(&entry);

    cr_expect_eq(cs_item_of(&item->entry), item);
    cs_item_drop(cs_item_hold(item));
    cr_expect_str_eq(item->entry.name, entry.name);
    cs_item_drop(item);
    cs_item_drop(NULL);
}
