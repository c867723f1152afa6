/* SPDX-License-Identifier: MIT */
/* The ServerHello reader: versions, the retry that is none, every cut. */
#include "user/tls/server_hello.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/tls_build.h"

static bool read_cut(const struct cs_buf *body, size_t length, struct cs_tls_facts *facts)
{
    __u8 *copy = malloc(length ? length : 1);
    bool ok;

    memcpy(copy, body->data, length);
    *facts = (struct cs_tls_facts){.resumed = -1};
    ok = cs_server_hello_read(copy, length, facts);
    free(copy);
    return ok;
}

static struct cs_tls_facts facts_of(const struct tls_server *server)
{
    struct cs_tls_facts facts;
    struct cs_buf body = {0};

    tls_server_hello_body(&body, server);
    cr_expect(read_cut(&body, body.length, &facts));
    cs_buf_free(&body);
    return facts;
}

Test(server_hello, tls13_says_so_in_an_extension)
{
    struct cs_tls_facts facts =
        facts_of(&(struct tls_server){.cipher = 0x1303, .session_id_bytes = 32});

    cr_expect_eq(facts.version, CS_TLS_1_3);
    cr_expect_eq(facts.cipher, 0x1303);
    cr_expect_eq(facts.resumed, 0);
    cr_expect_eq(facts_of(&(struct tls_server){.pre_shared_key = true}).resumed, 1);
}

Test(server_hello, tls12_carries_alpn)
{
    struct cs_tls_facts facts =
        facts_of(&(struct tls_server){.version = 0x0303, .cipher = 0xcca8, .alpn = "h2"});

    cr_expect_eq(facts.version, CS_TLS_1_2);
    cr_expect_eq(facts.cipher, 0xcca8);
    cr_expect_str_eq(facts.alpn, "h2");
    cr_expect_eq(facts.resumed, -1, "the records will tell");
    cr_expect_eq(facts_of(&(struct tls_server){.version = 0x0301}).version, 0x0301);
}

Test(server_hello, retry_is_no_server_hello)
{
    struct cs_tls_facts facts = facts_of(&(struct tls_server){.retry = true});

    cr_expect(facts.hello_retry);
    cr_expect_eq(facts.version, 0);
    cr_expect_eq(facts.cipher, 0);
}

Test(server_hello, no_cut_reads_too_far)
{
    struct cs_tls_facts facts;
    struct cs_buf body = {0};

    tls_server_hello_body(&body, &(struct tls_server){.alpn = "h2", .pre_shared_key = true});
    for (size_t length = 0; length <= body.length; length++)
        cr_expect_eq(read_cut(&body, length, &facts), length >= 38, "%zu bytes", length);
    cr_expect_eq(facts.version, CS_TLS_1_3);
    cs_buf_free(&body);
}
