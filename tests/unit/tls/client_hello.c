/* SPDX-License-Identifier: MIT */
/* The ClientHello reader: each fact, hostile forms, every cut. */
#include "user/tls/client_hello.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/tls_build.h"

/* Reads from memory of exactly that size, so that a sanitizer sees a byte too far. */
static bool read_cut(const struct cs_buf *body, size_t length, struct cs_tls_facts *facts)
{
    __u8 *copy = malloc(length ? length : 1);
    bool ok;

    memcpy(copy, body->data, length);
    *facts = (struct cs_tls_facts){0};
    ok = cs_client_hello_read(copy, length, facts);
    free(copy);
    return ok;
}

static struct cs_tls_facts facts_of(const struct tls_client *client)
{
    struct cs_tls_facts facts;
    struct cs_buf body = {0};

    tls_client_hello_body(&body, client);
    cr_expect(read_cut(&body, body.length, &facts));
    cs_buf_free(&body);
    return facts;
}

Test(client_hello, server_name_and_alpn)
{
    struct cs_tls_facts facts = facts_of(
        &(struct tls_client){.server_name = "www.example.org", .alpn = {"h2", "http/1.1"}});

    cr_expect_str_eq(facts.server_name, "www.example.org");
    cr_expect_eq(facts.alpn_offered_count, 2);
    cr_expect_str_eq(facts.alpn_offered[0], "h2");
    cr_expect_str_eq(facts.alpn_offered[1], "http/1.1");
    cr_expect_not(facts.resumption_offered);
    cr_expect_not(facts.early_data_offered);
}

Test(client_hello, grease_and_ech_are_passed_over)
{
    struct cs_tls_facts facts = facts_of(&(struct tls_client){.server_name = "public.example",
                                                              .alpn = {"h2"},
                                                              .grease = true,
                                                              .ech = true,
                                                              .session_id_bytes = 32});

    cr_expect_str_eq(facts.server_name, "public.example");
    cr_expect_eq(facts.alpn_offered_count, 1);
    cr_expect_str_eq(facts.alpn_offered[0], "h2");
    cr_expect_not(facts.resumption_offered);
}

Test(client_hello, resumption)
{
    cr_expect(facts_of(&(struct tls_client){.pre_shared_key = true}).resumption_offered);
    cr_expect(facts_of(&(struct tls_client){.ticket_bytes = 1}).resumption_offered);
    cr_expect(facts_of(&(struct tls_client){.no_tls13 = true, .session_id_bytes = 32})
                  .resumption_offered);
    cr_expect_not(facts_of(&(struct tls_client){.session_id_bytes = 32}).resumption_offered,
                  "a session id for middleboxes");
    cr_expect(facts_of(&(struct tls_client){.early_data = true}).early_data_offered);
}

Test(client_hello, names_nobody_may_show)
{
    char long_name[CS_TLS_NAME_BYTES + 1];
    struct cs_tls_facts facts;

    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    facts = facts_of(&(struct tls_client){.server_name = long_name});
    cr_expect_str_eq(facts.server_name, "");
    long_name[CS_TLS_NAME_BYTES - 1] = '\0';
    facts = facts_of(&(struct tls_client){.server_name = long_name});
    cr_expect_str_eq(facts.server_name, long_name);

    facts = facts_of(&(struct tls_client){.server_name = "a\x1b[31mb", .alpn = {"\"\n", "h2"}});
    cr_expect_str_eq(facts.server_name, "");
    cr_expect_eq(facts.alpn_offered_count, 1);
}

Test(client_hello, keeps_the_first_of_many_protocols)
{
    struct cs_tls_facts facts =
        facts_of(&(struct tls_client){.alpn = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}});

    cr_expect_eq(facts.alpn_offered_count, CS_TLS_ALPN_COUNT);
    cr_expect_str_eq(facts.alpn_offered[CS_TLS_ALPN_COUNT - 1], "h");
}

Test(client_hello, every_cut_is_read_as_far_as_it_goes)
{
    struct tls_client client = {.server_name = "example.com", .pre_shared_key = true};
    struct cs_buf body = {0};
    struct cs_tls_facts facts;
    bool named = false;

    tls_client_hello_body(&body, &client);
    for (size_t length = 0; length <= body.length; length++) {
        bool ok = read_cut(&body, length, &facts);

        cr_expect_eq(ok, length >= 34, "%zu bytes", length);
        cr_expect(facts.server_name[0] || !named, "a name got lost at %zu bytes", length);
        cr_expect(!facts.server_name[0] || strcmp(facts.server_name, "example.com") == 0);
        named = facts.server_name[0];
    }
    cr_expect(named && facts.resumption_offered);
    cs_buf_free(&body);
}

Test(client_hello, refuses_other_protocols)
{
    struct cs_tls_facts facts;
    struct cs_buf body = {0};

    tls_client_hello_body(&body, &(struct tls_client){.legacy_version = 0xfefd}); /* DTLS 1.2 */
    cr_expect_not(read_cut(&body, body.length, &facts));
    cs_buf_clear(&body);
    tls_client_hello_body(&body, &(struct tls_client){.session_id_bytes = 33});
    cr_expect_not(read_cut(&body, body.length, &facts));
    cs_buf_free(&body);
}
