/* SPDX-License-Identifier: MIT */
/* Schemes, hosts and ports of entry names. */
#include "user/entry/name.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/events.h"

static char name[CS_NAME_BYTES], host[CS_NAME_BYTES];

static const char *name_of(const struct cs_record *record)
{
    const struct cs_facts *facts = &record->facts;
    struct cs_address address;

    cs_address_read(facts->family,
                    facts->role == CS_ROLE_SERVER ? facts->local_address : facts->remote_address,
                    &address);
    cs_name_write(record, &address, name);
    return name;
}

static struct cs_record plain(void)
{
    return (struct cs_record){.facts = ev_facts()};
}

/* `offered` ends with NULL. */
static struct cs_record tls(const char *server_name, const char *const *offered)
{
    struct cs_record record = plain();

    record.tls.present = true;
    strcpy(record.tls.wire.server_name, server_name);
    for (int i = 0; offered[i]; i++)
        strcpy(record.tls.wire.alpn_offered[record.tls.wire.alpn_offered_count++], offered[i]);
    return record;
}

#define OFFER(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

Test(name, plain_is_tcp)
{
    struct cs_record record = plain();

    cr_expect_str_eq(name_of(&record), "tcp://192.0.2.1:443");
}

Test(name, ipv6_in_brackets_and_mapped_as_ipv4)
{
    struct cs_record record = plain();

    record.facts.family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8::1", record.facts.remote_address);
    cr_expect_str_eq(name_of(&record), "tcp://[2001:db8::1]:443");
    inet_pton(AF_INET6, "::ffff:192.0.2.9", record.facts.remote_address);
    cr_expect_str_eq(name_of(&record), "tcp://192.0.2.9:443");
}

Test(name, sni_alone_proves_no_http)
{
    struct cs_record record = tls("example.com", OFFER());

    cr_expect_str_eq(name_of(&record), "tls://example.com:443");
}

Test(name, an_offer_of_http_alone_does)
{
    struct cs_record record = tls("example.com", OFFER("h2", "http/1.1"));

    cr_expect_str_eq(name_of(&record), "https://example.com/");
    record.facts.remote_port = 8443;
    cr_expect_str_eq(name_of(&record), "https://example.com:8443/");
}

Test(name, a_mixed_offer_does_not)
{
    struct cs_record record = tls("example.com", OFFER("h2", "imap"));

    cr_expect_str_eq(name_of(&record), "tls://example.com:443");
}

Test(name, the_chosen_protocol_decides)
{
    struct cs_record record = tls("example.com", OFFER("h2", "imap"));

    strcpy(record.tls.wire.alpn, "http/1.0");
    cr_expect_str_eq(name_of(&record), "https://example.com/");
    strcpy(record.tls.wire.alpn, "imap");
    cr_expect_str_eq(name_of(&record), "tls://example.com:443");
    record = tls("example.com", OFFER("h2"));
    strcpy(record.tls.wire.alpn, "imap");
    cr_expect_str_eq(name_of(&record), "tls://example.com:443");
}

Test(name, without_sni_the_address)
{
    struct cs_record record = tls("", OFFER("h2"));

    cr_expect_str_eq(name_of(&record), "https://192.0.2.1/");
}

Test(name, of_a_server_is_its_own)
{
    struct cs_record record = plain();

    record.facts.role = CS_ROLE_SERVER;
    cr_expect_str_eq(name_of(&record), "tcp://10.0.0.1:40000");
    record = tls("example.com", OFFER("h2"));
    record.facts.role = CS_ROLE_SERVER;
    cr_expect_str_eq(name_of(&record), "https://example.com:40000/");
}

Test(name, hostile_sni_stays_inside_the_host)
{
    struct cs_record record = tls("a b/../\"<x>@[y]:1?#%\n\x7f\xff", OFFER());

    cr_expect_str_eq(name_of(&record),
                     "tls://a%20b%2F..%2F%22%3Cx%3E%40%5By%5D%3A1%3F%23%25%0A%7F%FF:443");
}

Test(name, the_longest_sni_fits)
{
    struct cs_record record = tls("", OFFER("h2"));

    memset(record.tls.wire.server_name, 0xff, CS_TLS_NAME_BYTES - 1);
    record.facts.remote_port = 65535;
    cr_expect_eq(strlen(name_of(&record)), strlen("https://:65535/") + 3 * 255);
}

Test(name, of_a_lookup_unless_there_is_sni)
{
    struct cs_record record = plain();

    record.lookup.name = "shop.example";
    cr_expect_str_eq(name_of(&record), "tcp://shop.example:443");
    record = tls("sni.example", OFFER("h2"));
    record.lookup.name = "shop.example";
    cr_expect_str_eq(name_of(&record), "https://sni.example/");
    record.tls.wire.server_name[0] = '\0';
    cr_expect_str_eq(name_of(&record), "https://shop.example/");
}

Test(name, a_lookup_that_failed_has_no_port)
{
    struct cs_record record = {.lookup.name = "no.example"};

    cr_expect_str_eq(name_of(&record), "tcp://no.example");
}

/* ---- read back ------------------------------------------------------------------------------ */

Test(name, leads_to_a_host_and_a_port)
{
    static const struct {
        const char *name;
        const char *host;
        uint16_t port;
    } rows[] = {
        {"tcp://shop.example:5432", "shop.example", 5432},
        {"tls://192.0.2.1:443", "192.0.2.1", 443},
        {"tcp://[2001:db8::1]:25", "2001:db8::1", 25},
        {"https://[2001:db8::1]/", "2001:db8::1", 443},
        {"https://shop.example/", "shop.example", 443},
        {"https://shop.example:8443/a:1?b=[c]", "shop.example", 8443},
        {"http://shop.example/a:1", "shop.example", 80},
        {"http://shop.example?a:1", "shop.example", 80},
        {"tcp://no.example", "no.example", 0},
        {"tls://behind-tls.example", "behind-tls.example", 0},
        {"tls://a%20b%3A1:443", "a%20b%3A1", 443},
        {"http://a:65536/", "a", 0},
        {"tcp://[::", "::", 0},
        {"no name", "", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_eq(cs_name_read(rows[i].name, host), rows[i].port, "%s", rows[i].name);
        cr_expect_str_eq(host, rows[i].host, "%s", rows[i].name);
    }
}

Test(name, the_longest_leads_to_its_host)
{
    char longer[CS_NAME_BYTES + 8] = "tcp://";
    struct cs_record record = tls("", OFFER());

    memset(record.tls.wire.server_name, 0xff, CS_TLS_NAME_BYTES - 1);
    cr_expect_eq(cs_name_read(name_of(&record), host), 443);
    cr_expect_eq(strlen(host), 3 * (CS_TLS_NAME_BYTES - 1));
    memset(longer + strlen(longer), 'a', sizeof(longer) - 1 - strlen(longer));
    cr_expect_eq(cs_name_read(longer, host), 0);
    cr_expect_str_eq(host, "");
}
