/* SPDX-License-Identifier: MIT */
/* A record lives on when all that it was made from is gone: a sanitizer sees what was not copied.
 */
#include "user/fold/kept.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 32 };

/* What a record borrows, in memory that goes. */
struct lender {
    struct cs_record record;
    struct cs_preamble_facts tunnel;
    struct cs_http_exchange request;
    char exe[TEXT_BYTES], cgroup[TEXT_BYTES], library[TEXT_BYTES], name[TEXT_BYTES],
        proxy[TEXT_BYTES];
};

static struct lender *lend(void)
{
    struct lender *lender = calloc(1, sizeof(*lender));
    struct cs_record *record = &lender->record;

    strcpy(lender->exe, "/usr/bin/curl");
    strcpy(lender->cgroup, "/system.slice");
    strcpy(lender->library, "/usr/lib/libssl.so.3");
    strcpy(lender->name, "race.example");
    strcpy(lender->proxy, "proxy.example");
    strcpy(lender->tunnel.target_host, "target.example");
    strcpy(lender->request.method, "GET");
    strcpy(record->error_room, "library: no shared cipher");
    record->exe = lender->exe;
    record->cgroup = lender->cgroup;
    record->tls.library = lender->library;
    record->lookup.name = lender->name;
    record->proxy_server_name = lender->proxy;
    record->error_detail = record->error_room;
    record->tunnel = &lender->tunnel;
    record->request = &lender->request;
    return lender;
}

static void scribble_and_free(struct lender *lender)
{
    memset(lender, '?', sizeof(*lender));
    free(lender);
}

Test(kept, owns_all_that_it_points_to)
{
    struct lender *lender = lend();
    struct cs_kept kept;

    cr_assert_eq(cs_kept_copy(&kept, &lender->record), 0);
    scribble_and_free(lender);
    cr_expect_str_eq(kept.record.exe, "/usr/bin/curl");
    cr_expect_str_eq(kept.record.cgroup, "/system.slice");
    cr_expect_str_eq(kept.record.tls.library, "/usr/lib/libssl.so.3");
    cr_expect_str_eq(kept.record.lookup.name, "race.example");
    cr_expect_str_eq(kept.record.proxy_server_name, "proxy.example");
    cr_expect_str_eq(kept.record.error_detail, "library: no shared cipher");
    cr_expect_str_eq(kept.record.tunnel->target_host, "target.example");
    cr_expect_str_eq(kept.record.request->method, "GET");
    cs_kept_free(&kept);
}

Test(kept, what_is_unknown_stays_unknown)
{
    struct cs_record record = {.id = 1};
    struct cs_kept kept;

    cr_assert_eq(cs_kept_copy(&kept, &record), 0);
    cr_expect_null(kept.record.lookup.name);
    cr_expect_null(kept.record.tunnel);
    cr_expect_null(kept.record.request);
    cs_kept_free(&kept);
}
