/* SPDX-License-Identifier: MIT */
/* Credentials are overwritten, nothing else is; and the parser reads the same as before. */
#include "user/preamble/redact.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/exchange.h"

/* In memory of its own, so that ASan sees a step too far. */
static struct cs_event_chunk *chunk_of(const void *data, size_t length, __u32 offset,
                                       enum cs_direction direction)
{
    struct cs_event_chunk *chunk = malloc(sizeof(*chunk) + length);

    cr_assert(chunk);
    *chunk = (struct cs_event_chunk){.offset = offset, .direction = (__u8)direction};
    chunk->data_bytes = (__u16)length;
    memcpy(chunk->data, data, length);
    return chunk;
}

static void expect_bytes(const char *before, const char *after, size_t length, __u32 offset)
{
    struct cs_event_chunk *chunk = chunk_of(before, length, offset, CS_FROM_CLIENT);

    cs_preamble_redact(chunk);
    cr_expect_eq(memcmp(chunk->data, after, length), 0, "%.*s is not %s", (int)length,
                 (const char *)chunk->data, after);
    free(chunk);
}

#define EXPECT(before, after, offset)                                                              \
    do {                                                                                           \
        _Static_assert(sizeof(before) == sizeof(after), "same length");                            \
        expect_bytes(before, after, sizeof(before) - 1, offset);                                   \
    } while (0)

#define EXPECT_KEPT(bytes, offset) EXPECT(bytes, bytes, offset)

#define LINE "CONNECT a.test:443 HTTP/1.1\r\n"

Test(redact, socks_credentials)
{
    EXPECT("\x01\x04user\x06secret", "\x01\x04****\x06******", 4);
    EXPECT("\x05\x01\x02\x01\x04user\x06secret\x05\x01\x00", /* sent ahead */
           "\x05\x01\x02\x01\x04****\x06******\x05\x01\x00", 0);
    EXPECT("\x04\x01\x01\xbb\x7f\x00\x00\x01user\x00", "\x04\x01\x01\xbb\x7f\x00\x00\x01****\x00",
           0);
    EXPECT("\x04\x01\x01\xbb\x00\x00\x00\x01user\x00host\x00",
           "\x04\x01\x01\xbb\x00\x00\x00\x01****\x00host\x00", 0);
}

Test(redact, what_is_no_message_of_socks)
{
    EXPECT_KEPT("\x05\x01\x00\x05\x01\x00\x03\x01x\x00P", 0);
    EXPECT_KEPT("\x05\x01\x00\x03\x0btarget.test\x01\xbb", 3);
    EXPECT_KEPT("\x01\x04user\x06secret and more", 4);
    EXPECT_KEPT("\x01\x04user\x06secre", 4);
    EXPECT_KEPT("\x01", 4);
    EXPECT_KEPT("\x05", 0);
    EXPECT_KEPT("\x04\x01", 0);
}

Test(redact, header_lines)
{
    EXPECT(LINE "Host: a\r\nProxy-Authorization: Basic c2VjcmV0\r\n\r\n",
           LINE "*******\r\n***********************************\r\n\r\n", 0);
    EXPECT(LINE "authorization:x\ncookie: y\n z\n\n", LINE "***************\n*********\n**\n\n",
           300);
    EXPECT(LINE "Cookie: cut", LINE "***********", 0);
    EXPECT("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" LINE "Cookie: a\r\n\r\n",
           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" LINE "*********\r\n\r\n", 0);
}

Test(redact, the_rest_of_a_head)
{
    EXPECT("dXNlcjpzZWNyZXQ=\r\nAccept: b\r\n\r\n", "****************\r\n*********\r\n\r\n", 2048);
    EXPECT("\nAccept: b\r\nCookie", "\n*********\r\n******", 2048);
}

Test(redact, what_is_no_request_for_a_tunnel)
{
    EXPECT("CONNECT {\"pass\":\"secret\"}\r\nPING\r\n", "CONNECT *****************\r\n****\r\n", 0);
    EXPECT("CONNECT me:secret@a:1 HTTP/1.1\r\n\r\n", "CONNECT **********************\r\n\r\n", 0);
    EXPECT("CONNECT a.test:443 HTT", "CONNECT **************", 0);
    EXPECT_KEPT("CONNECT ", 0);
}

/* However it came here: out of order, or behind what looked like the begin of a dialogue. */
Test(redact, text_of_no_dialogue)
{
    EXPECT("POST /login HTTP/1.1\r\n\r\npassword=1", "********************\r\n\r\n**********", 0);
    EXPECT("OST /login HTTP/1.1\r\n\r\npassword=1", "*******************\r\n\r\n**********", 1);
    EXPECT("PROXY me in, my secret", "**********************", 0);
    EXPECT(LINE "\r\nCookie: c\r\n", LINE "\r\n*********\r\n", 0);
}

#define HELLO "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 Cookie: c\r\nCookie: d\r\n"

Test(redact, tls_is_kept)
{
    EXPECT_KEPT(HELLO, 0);
    EXPECT(LINE "Cookie: c\r\n\r\n" HELLO, LINE "*********\r\n\r\n" HELLO, 0);
    EXPECT_KEPT("a key share, \x80 and then\r\n", 2048);
    EXPECT_KEPT("\x17\x03\x03 Cookie: c\r\nCookie: d\r\n", 2048);
}

Test(redact, servers_have_no_secrets)
{
    static const char text[] = LINE "Cookie: c\r\n\r\n";
    struct cs_event_chunk *chunk = chunk_of(text, sizeof(text), 0, CS_FROM_SERVER);

    cs_preamble_redact(chunk);
    cr_expect_eq(memcmp(chunk->data, text, sizeof(text)), 0);
    free(chunk);
}

static void redact_message(struct exchange *exchange, size_t i)
{
    struct cs_event_chunk *chunk =
        chunk_of(exchange->messages[i].data, exchange->messages[i].length,
                 exchange->messages[i].offset, exchange->messages[i].direction);

    cs_preamble_redact(chunk);
    memcpy(exchange->messages[i].data, chunk->data, chunk->data_bytes);
    cr_expect_null(memmem(chunk->data, chunk->data_bytes, "secret", 6));
    cr_expect_null(memmem(chunk->data, chunk->data_bytes, "dXNlcjpzZWNyZXQ=", 16));
    free(chunk);
}

static int is_exchange(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Whoever reads the redacted packets learns what was to be learned. */
Test(redact, every_exchange_tells_the_same)
{
    struct dirent **entries;
    int count = scandir(EXCHANGES, &entries, is_exchange, alphasort);

    cr_assert_gt(count, 0);
    for (int i = 0; i < count; i++) {
        struct cs_preamble *preamble = cs_preamble_new();
        char path[512], described[EXCHANGE_TEXT_BYTES];
        struct exchange exchange;

        snprintf(path, sizeof(path), "%s/%s", EXCHANGES, entries[i]->d_name);
        cr_assert_eq(exchange_read(&exchange, path), 0);
        for (size_t j = 0; j < exchange.count; j++)
            redact_message(&exchange, j);
        exchange_play(&exchange, &(struct exchange_cut){0}, preamble);
        exchange_describe(cs_preamble_facts(preamble), described, sizeof(described));
        cr_expect_str_eq(described, exchange.expected, "%s", path);
        cs_preamble_free(preamble);
        exchange_free(&exchange);
        free(entries[i]);
    }
    free(entries);
}
