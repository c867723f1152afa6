/* SPDX-License-Identifier: MIT */
/* When a mark is set if its bytes came in many packets; bounds; what is never kept. */
#include "user/preamble/talk.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { CAPTURE_BYTES = 16384 };

static struct cs_preamble *preamble;
static __u32 next[CS_DIRECTION_COUNT];
static __u64 now_ns;

/* Each packet is 1 ns after the one before. */
static void say_bytes(enum cs_direction direction, const void *data, size_t length)
{
    struct cs_event_chunk *chunk = calloc(1, sizeof(*chunk) + length);

    cr_assert(chunk);
    chunk->event.ts_ns = ++now_ns;
    chunk->offset = next[direction];
    chunk->data_bytes = (__u16)length;
    chunk->direction = (__u8)direction;
    memcpy(chunk->data, data, length);
    cs_preamble_add(preamble, chunk);
    next[direction] += (__u32)length;
    free(chunk);
}

#define CLIENT(text) say_bytes(CS_FROM_CLIENT, text, sizeof(text) - 1)
#define SERVER(text) say_bytes(CS_FROM_SERVER, text, sizeof(text) - 1)

static const struct cs_preamble_facts *facts(void)
{
    return cs_preamble_facts(preamble);
}

static void setup(void)
{
    preamble = cs_preamble_new();
    cr_assert(preamble);
    memset(next, 0, sizeof(next));
    now_ns = 0;
}

static void teardown(void)
{
    cs_preamble_free(preamble);
}

TestSuite(talk, .init = setup, .fini = teardown);

Test(talk, a_socks_reply_opens_with_its_last_byte)
{
    static const __u8 reply[] = {5, 0, 0, 3, 2, 'a', 'b', 0, 80};

    CLIENT("\x05\x01\x00\x05\x01\x00\x03\x01x\x00P");
    SERVER("\x05\x00");
    for (size_t i = 0; i < sizeof(reply); i++) {
        cr_expect_eq(facts()->state, CS_PREAMBLE_OPEN, "%zu", i);
        say_bytes(CS_FROM_SERVER, &reply[i], 1);
    }
    cr_expect_eq(facts()->state, CS_PREAMBLE_TUNNEL);
    cr_expect_eq(facts()->opened_ns, now_ns);
}

Test(talk, a_socks_refusal_is_told_by_its_code)
{
    CLIENT("\x05\x01\x00\x05\x01\x00\x03\x01x\x00P");
    SERVER("\x05\x00");
    SERVER("\x05");
    SERVER("\x06");
    cr_expect_eq(facts()->state, CS_PREAMBLE_REFUSED);
    cr_expect_eq(facts()->refused_ns, now_ns);
    cr_expect_str_eq(facts()->error_code, "ETIMEDOUT");
    cr_expect_str_eq(facts()->error_detail, "TTL expired");
}

Test(talk, every_socks5_reply_has_a_code)
{
    static const char *const codes[] = {
        "unknown",   "EACCES",     "ENETUNREACH",  "EHOSTUNREACH", "ECONNREFUSED",
        "ETIMEDOUT", "EOPNOTSUPP", "EAFNOSUPPORT", "unknown",
    };

    for (__u8 reply = 1; reply <= 9; reply++) {
        __u8 answer[2] = {5, reply};

        teardown();
        setup();
        CLIENT("\x05\x01\x00\x05\x01\x00\x03\x01x\x00P");
        SERVER("\x05\x00");
        say_bytes(CS_FROM_SERVER, answer, sizeof(answer));
        cr_assert_eq(facts()->state, CS_PREAMBLE_REFUSED);
        cr_expect_str_eq(facts()->error_code, codes[reply - 1]);
        cr_expect_neq(facts()->error_detail[0], '\0');
    }
}

Test(talk, connect_opens_with_the_empty_line)
{
    CLIENT("CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    SERVER("HTTP/1.1 200 OK\r\nX: y\r\n");
    SERVER("\r");
    cr_expect_eq(facts()->state, CS_PREAMBLE_OPEN);
    SERVER("\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_TUNNEL);
    cr_expect_eq(facts()->opened_ns, now_ns);
}

Test(talk, connect_is_refused_by_the_status_line_until_asked_again)
{
    CLIENT("CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    SERVER("HTTP/1.1 407 \x01\xff\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_REFUSED);
    cr_expect_eq(facts()->refused_ns, now_ns);
    cr_expect_str_eq(facts()->error_detail, "407 ??");
    SERVER("Content-Length: 9\r\n\r\n");
    CLIENT("CONNECT b.test:444 HTTP/1.1\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_OPEN);
    cr_expect_eq(facts()->refused_ns, 0);
    cr_expect_null(facts()->error_code);
    cr_expect_str_eq(facts()->target_host, "b.test");
    cr_expect_eq(facts()->target_port, 444);
    CLIENT("\r\n");
    SERVER("123456789HTTP/1.1 200\r\n\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_TUNNEL, "a reason is no must");
}

Test(talk, a_head_without_end_changes_nothing)
{
    char head[1000];

    memset(head, 'x', sizeof(head));
    CLIENT("CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    SERVER("HTTP/1.1 200 OK\r\n");
    for (int sent = 0; sent < CAPTURE_BYTES; sent += (int)sizeof(head))
        say_bytes(CS_FROM_SERVER, head, sizeof(head));
    cr_expect_eq(facts()->state, CS_PREAMBLE_OPEN);
}

Test(talk, a_hole_waits)
{
    CLIENT("CONNECT a.test:443 HTTP/1.1\r\n");
    next[CS_FROM_CLIENT] += 2;
    CLIENT("GET / HTTP/1.1\r\n");
    SERVER("HTTP/1.1 200 OK\r\n\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_OPEN);
}

Test(talk, a_host_nobody_can_read_is_not_told)
{
    CLIENT("\x05\x01\x00\x05\x01\x00\x03\x03"
           "a\nb\x00P");
    SERVER("\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
    cr_expect_eq(facts()->state, CS_PREAMBLE_TUNNEL);
    cr_expect_str_eq(facts()->target_host, "");
    cr_expect_eq(facts()->target_port, 80);
}

static void say_slowly(enum cs_direction direction, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        say_bytes(direction, data + i, 1);
        cr_expect_null(memmem(preamble, sizeof(*preamble), "ecre", 4), "byte %zu", i);
    }
}

Test(talk, credentials_are_never_kept)
{
    static const char password[] = "\x01\x04user\x06secret\x05\x01\x00\x03\x01x\x00P";
    static const char head[] = "CONNECT a.test:443 HTTP/1.1\r\n"
                               "Proxy-Authorization: Basic secret\r\n\r\n";

    CLIENT("\x05\x01\x02");
    SERVER("\x05\x02");
    say_slowly(CS_FROM_CLIENT, password, sizeof(password) - 1);
    SERVER("\x01\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
    say_slowly(CS_FROM_CLIENT, head, sizeof(head) - 1);
    SERVER("HTTP/1.1 200 OK\r\n\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_TUNNEL);
    say_slowly(CS_FROM_CLIENT, "USER secret", 11);
    cr_expect_eq(facts()->state, CS_PREAMBLE_PLAIN);
    cr_expect_null(preamble->client.head, "wiped");
}

Test(talk, what_follows_the_verdict_is_ignored)
{
    CLIENT("GET / HTTP/1.1\r\n");
    CLIENT("CONNECT a.test:443 HTTP/1.1\r\n\r\n");
    cr_expect_eq(facts()->state, CS_PREAMBLE_PLAIN);
    cr_expect_eq(facts()->plain_ns, 1);
    cr_expect_eq(facts()->kind, CS_TUNNEL_NONE);
    cr_expect_null(preamble->client.head);
}
