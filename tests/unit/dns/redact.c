/* SPDX-License-Identifier: MIT */
/* What a lookup is made from stays, and nothing else does, whatever the bytes are. */
#include "user/dns/redact.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/dns_build.h"

enum { TYPE_AT = -3, TXT = 16, HEADER_BYTES = 12 };

/* Memory of exactly that size, so that a sanitizer sees a byte too far; freed by the test's end. */
static uint8_t *redacted(const struct dns_bytes *bytes, size_t length, bool is_message)
{
    uint8_t *data = malloc(length ? length : 1);

    memcpy(data, bytes->data, length);
    cr_expect_eq(cs_dns_redact(data, length, bytes->length), is_message, "of %zu bytes", length);
    return data;
}

static void append(struct dns_bytes *bytes, const void *data, size_t length)
{
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

static bool is_all(const uint8_t *data, size_t length, uint8_t byte)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] != byte)
            return false;
    return true;
}

static bool holds(const uint8_t *data, size_t length, const char *text)
{
    return memmem(data, length, text, strlen(text));
}

static struct dns_bytes aliased(void)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "www.example", 0);

    dns_add_alias(&bytes, "www.example", "edge.example");
    dns_add_address(&bytes, "edge.example", "192.0.2.1");
    return bytes;
}

Test(redact, leaves_queries_and_answers)
{
    struct dns_bytes messages[] = {dns_query(7, CS_DNS_AAAA, "shop.example"), aliased(),
                                   dns_address(7, CS_DNS_AAAA, "x.example", "2001:db8::1"),
                                   dns_answer(7, CS_DNS_A, "x.example", DNS_NXDOMAIN)};

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        uint8_t *data = redacted(&messages[i], messages[i].length, true);

        cr_expect_arr_eq(data, messages[i].data, messages[i].length, "row %zu", i);
        free(data);
    }
}

Test(redact, leaves_nothing_of_what_is_no_message)
{
    static const char *const texts[] = {"vpn-ish datagram SECRET hello",
                                        "POST /x?token=SECRET HTTP/1.1\r\nHost: h\r\n\r\n", "S",
                                        ""};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct dns_bytes bytes = {0};
        uint8_t *data;

        append(&bytes, texts[i], strlen(texts[i]));
        data = redacted(&bytes, bytes.length, false);
        cr_expect(is_all(data, bytes.length, 'x'), "row %zu", i);
        free(data);
        data = redacted(&bytes, bytes.length / 2, false);
        cr_expect(is_all(data, bytes.length / 2, 'x'), "row %zu", i);
        free(data);
    }
}

/* A tunnel, say. It reads as what it is: a question for something else. */
Test(redact, leaves_a_header_of_other_questions)
{
    struct dns_bytes bytes = dns_query(7, CS_DNS_A, "secret.t.example");
    struct cs_dns_message message;
    uint8_t *data;

    bytes.data[bytes.length + TYPE_AT] = TXT;
    bytes.data[11] = 1; /* EDNS */
    append(&bytes, "\0\0\x29\x10\0\0\0\0\0\0\5\0\x0ctoken", 16);
    bytes.data[bytes.length - 6] = 5;
    data = redacted(&bytes, bytes.length, true);
    cr_expect_arr_eq(data, bytes.data, HEADER_BYTES);
    cr_expect(is_all(data + HEADER_BYTES, bytes.length - HEADER_BYTES, 0));
    cr_expect_eq(cs_dns_message_read(data, bytes.length, &message), -ENOMSG);
    free(data);
}

Test(redact, leaves_of_answers_what_names_addresses)
{
    struct dns_bytes bytes = aliased();
    size_t length = bytes.length;
    uint8_t *data;

    append(&bytes, "\300\14\0\20\0\1\0\0\0\0\0\7\6secret", 19); /* TXT */
    append(&bytes, "\300\14\0\1\0\1\0\0\0\0\0\6secret", 18);    /* A of another length */
    append(&bytes, "\300\14\0\5\0\1\0\0\0\0\0\7\0secret", 19);  /* CNAME that is longer */
    bytes.data[7] += 3;
    append(&bytes, "\300\14\0\1\0\1\0\0\0\0\0\4kept", 16);
    bytes.data[7]++;
    append(&bytes, "\6secret\0\0\2\0\1\0\0\0\0\0\0", 18); /* NS */
    bytes.data[9]++;
    append(&bytes, "secret", 6);
    data = redacted(&bytes, bytes.length, true);
    cr_expect_arr_eq(data, bytes.data, length);
    cr_expect_not(holds(data, bytes.length, "secret"));
    cr_expect(holds(data, bytes.length, "kept"));
    free(data);
}

/* In every cut: what is left of the begin is left of the whole, and of a question nothing before
 * it is whole. */
Test(redact, leaves_as_much_of_what_goes_on)
{
    struct dns_bytes bytes = aliased();
    size_t question = HEADER_BYTES + strlen("www.example") + 2 + 4;

    for (size_t length = 0; length < bytes.length; length++) {
        uint8_t *data = redacted(&bytes, length, true);

        if (length < HEADER_BYTES)
            cr_expect(is_all(data, length, 'x'), "%zu bytes", length);
        else if (length < question)
            cr_expect(is_all(data + HEADER_BYTES, length - HEADER_BYTES, 0), "%zu bytes", length);
        else
            cr_expect_arr_eq(data, bytes.data, length, "%zu bytes", length);
        free(data);
    }
}

Test(redact, of_what_goes_on_hides_data_at_once)
{
    struct dns_bytes bytes = dns_answer(7, CS_DNS_A, "x.example", 0);
    uint8_t *data;

    append(&bytes, "\300\14\0\20\0\1\0\0\0\0\1\0\7secret", 19); /* TXT */
    bytes.data[7]++;
    bytes.length += 0x100 - 7;
    data = redacted(&bytes, bytes.length - 0x80, true);
    cr_expect_not(holds(data, bytes.length - 0x80, "secret"));
    free(data);
}

Test(redact, judges_what_goes_on_by_its_header)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } rows[] = {{2, 0x08}, {5, 2}, {4, 1}, {7, 9}, {8, 1}, {11, 200}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dns_bytes bytes = aliased();
        uint8_t *data;

        bytes.data[rows[i].at] = rows[i].byte;
        data = redacted(&bytes, bytes.length - 1, false);
        cr_expect(is_all(data, bytes.length - 1, 'x'), "row %zu", i);
        free(data);
    }
}

/* To where, nobody knows when the rest is overwritten; its second byte is no root. */
Test(redact, keeps_no_question_that_points_elsewhere)
{
    struct dns_bytes bytes = dns_query(7, CS_DNS_A, "x");
    uint8_t *data;

    memcpy(bytes.data + HEADER_BYTES, "\300\0\0\1\0\1", 6);
    bytes.length = HEADER_BYTES + 6;
    data = redacted(&bytes, bytes.length, true);
    cr_expect(is_all(data + HEADER_BYTES, 6, 0));
    free(data);
}

Test(redact, believes_no_broken_name)
{
    static const char *const names[] = {"\300\14", "\77to the end", "\100"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct dns_bytes bytes = dns_query(7, CS_DNS_A, "x.example");
        uint8_t *data;

        memcpy(bytes.data + HEADER_BYTES, names[i], strlen(names[i]));
        bytes.length += 100;
        data = redacted(&bytes, bytes.length - 1, true);
        cr_expect(is_all(data + HEADER_BYTES, bytes.length - 1 - HEADER_BYTES, 0), "row %zu", i);
        free(data);
    }
}
