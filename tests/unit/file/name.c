/* SPDX-License-Identifier: MIT */
/* Closed names: made, and recognised again among others. */
#include "user/file/name.h"

#include <criterion/criterion.h>
#include <string.h>

static const time_t instant = 1795272100; /* 2026-11-21T14:41:40Z */

static void expect_closed(const char *path, const char *extension, const char *closed)
{
    struct cs_file_name name = cs_file_name(path, extension);
    char made[128];

    cr_assert(cs_file_closed_path(&name, instant, 7, made, sizeof(made)));
    cr_expect_str_eq(made, closed, "%s", made);
    cr_expect_eq(cs_file_closed_kind(&name, made + name.folder_bytes), CS_CLOSED_PLAIN);
}

Test(name, keeps_the_extension_at_the_end)
{
    expect_closed("/var/log/a.ndjson", ".ndjson", "/var/log/a.20261121T144140Z.0007.ndjson");
    expect_closed("a.b.trace.json", ".trace.json", "a.b.20261121T144140Z.0007.trace.json");
    expect_closed("a.log", ".ndjson", "a.20261121T144140Z.0007.log");
    expect_closed("d.d/plain", NULL, "d.d/plain.20261121T144140Z.0007");
    expect_closed(".hidden", NULL, ".hidden.20261121T144140Z.0007");
    expect_closed("./.ndjson", ".ndjson", "./.ndjson.20261121T144140Z.0007");
}

Test(name, says_when_there_is_no_room)
{
    struct cs_file_name name = cs_file_name("/var/log/a.ndjson", NULL);
    char made[20];

    cr_expect_not(cs_file_closed_path(&name, instant, 1, made, sizeof(made)));
}

Test(name, tells_ours_from_others)
{
    static const struct {
        const char *found;
        enum cs_closed kind;
    } rows[] = {
        {"a.20261121T144140Z.0007.ndjson", CS_CLOSED_PLAIN},
        {"a.20261121T144140Z.0007.ndjson.gz", CS_CLOSED_GZIP},
        {"a.20261121T144140Z.0007.ndjson.gz.part", CS_CLOSED_PART},
        {"a.ndjson", CS_CLOSED_NONE},
        {"a.ndjson.part", CS_CLOSED_NONE},
        {"a.20261121T144140Z.0007.ndjson.1", CS_CLOSED_NONE},
        {"a.20261121T144140Z.007.ndjson", CS_CLOSED_NONE},
        {"a.2026112xT144140Z.0007.ndjson", CS_CLOSED_NONE},
        {"b.20261121T144140Z.0007.ndjson", CS_CLOSED_NONE},
        {"ab.20261121T144140Z.0007.ndjson", CS_CLOSED_NONE},
        {"a.2026", CS_CLOSED_NONE},
        {"a", CS_CLOSED_NONE},
        {"", CS_CLOSED_NONE},
    };
    struct cs_file_name name = cs_file_name("x/a.ndjson", ".ndjson");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(cs_file_closed_kind(&name, rows[i].found), rows[i].kind, "%s", rows[i].found);
}
