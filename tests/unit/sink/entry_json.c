/* SPDX-License-Identifier: MIT */
/* The public function; the object itself is compared whole in ndjson.c. */
#include "user/sink/entry_json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

Test(entry_json, tells_the_length_whatever_the_room)
{
    struct connspan_entry entry = sample_tls();
    char whole[4096], text[4096];
    size_t length = connspan_entry_json(&entry, NULL, 0);

    cr_expect_gt(length, 1000);
    cr_expect_eq(connspan_entry_json(&entry, whole, sizeof(whole)), length);
    cr_expect_eq(strlen(whole), length);
    cr_expect_eq(whole[length - 1], '}');
    for (size_t room = 1; room <= length + 1; room++) {
        memset(text, 'x', sizeof(text));
        cr_assert_eq(connspan_entry_json(&entry, text, room), length);
        cr_assert_eq(strlen(text), room - 1);
        cr_assert_eq(memcmp(text, whole, room - 1), 0);
        cr_assert_eq(text[room], 'x', "wrote past the room");
    }
}

Test(entry_json, names_every_outcome)
{
    static const char *const names[] = {"connected", "failed", "aborted", "abandoned",
                                        "unfinished"};
    struct connspan_entry entry = sample_plain();
    char text[4096], pair[64];

    for (int i = 0; i < 5; i++) {
        entry.connection.outcome = (enum connspan_outcome)i;
        connspan_entry_json(&entry, text, sizeof(text));
        snprintf(pair, sizeof(pair), "\"outcome\":\"%s\"", names[i]);
        cr_expect_not_null(strstr(text, pair), "%s", pair);
    }
}

Test(entry_json, escapes_what_programs_and_peers_say)
{
    struct connspan_entry entry = sample_tls();
    char text[4096];

    entry.process.comm = "a\"b";
    entry.tls.server_name = "\n\xff";
    connspan_entry_json(&entry, text, sizeof(text));
    cr_expect_not_null(strstr(text, "\"comm\":\"a\\\"b\""));
    cr_expect_not_null(strstr(text, "\"serverName\":\"\\n\xef\xbf\xbd\""));
}
