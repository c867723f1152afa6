/* SPDX-License-Identifier: MIT */
/*
 * The same handshakes as a capture may show them: split, doubled, backwards, cut, with holes, with
 * offsets that wrap. The facts must not change.
 */
#include <criterion/criterion.h>

#include "tests/harness/tls_build.h"
#include "tests/harness/tls_talk.h"
#include "user/tls/handshake.h"

#define CLIENT CS_FROM_CLIENT
#define SERVER CS_FROM_SERVER

static const struct tls_client BROWSER = {.server_name = "example.com", .alpn = {"h2"}};
static struct tls_talk talk;

TestSuite(capture, .timeout = 30);

static void say_tls13(const struct tls_client *client)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), client);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, &(struct tls_server){0});
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_DATA, 700);
    out = tls_say(&talk, CLIENT, 30);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_DATA, 69);
}

static void say_tls12(void)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, &(struct tls_server){.version = 0x0303, .cipher = 0xc02f});
    tls_message(out, TLS_CERTIFICATE, 900);
    tls_message(out, TLS_SERVER_HELLO_DONE, 0);
    out = tls_say(&talk, CLIENT, 30);
    tls_message(out, TLS_CLIENT_KEY_EXCHANGE, 33);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_HANDSHAKE, 40);
    out = tls_say(&talk, SERVER, 40);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_HANDSHAKE, 40);
}

static void expect_facts(const struct tls_capture *capture, __u16 version, __u64 end_ns)
{
    struct cs_tls_facts facts = tls_facts(&talk, capture);

    cr_expect(facts.state == CS_TLS_DONE && facts.version == version && facts.end_ns == end_ns &&
                  facts.client_hello_ns == 10 && facts.server_hello_ns == 20 &&
                  facts.resumed == 0 && strcmp(facts.server_name, "example.com") == 0,
              "split %zu%s%s, base %#x: state %d, version %#x, hello %llu, end %llu",
              capture->split_bytes, capture->backwards ? ", backwards" : "",
              capture->doubled ? ", doubled" : "", capture->client_base, facts.state, facts.version,
              facts.client_hello_ns, facts.end_ns);
}

static void expect_facts_in_any_order(struct tls_capture capture, __u16 version, __u64 end_ns)
{
    for (capture.split_bytes = 0; capture.split_bytes < 40; capture.split_bytes++)
        for (int order = 0; order < 4; order++) {
            capture.doubled = order & 1;
            /* Offset 0 is the first byte, so that a stream which wraps cannot begin behind it. */
            capture.backwards = order & 2 && capture.client_base < 0x80000000;
            expect_facts(&capture, version, end_ns);
        }
}

static void expect_facts_however_captured(__u16 version, __u64 end_ns)
{
    static const struct tls_capture BASES[] = {
        {0},
        {.client_base = 12345, .server_base = 54321},
        {.client_base = 0xffffffff, .server_base = 0xfffffff0},
        {.client_base = 0xffffff80, .server_base = 0xffffff00},
    };

    for (size_t i = 0; i < sizeof(BASES) / sizeof(BASES[0]); i++)
        expect_facts_in_any_order(BASES[i], version, end_ns);
}

Test(capture, tls13)
{
    say_tls13(&BROWSER);
    expect_facts_however_captured(CS_TLS_1_3, 30);
    tls_talk_free(&talk);
}

Test(capture, tls12)
{
    say_tls12();
    expect_facts_however_captured(CS_TLS_1_2, 40);
    tls_talk_free(&talk);
}

Test(capture, hello_fragmented_over_records)
{
    struct tls_client client = BROWSER;

    for (client.fragment_bytes = 1; client.fragment_bytes < 20; client.fragment_bytes += 6) {
        say_tls13(&client);
        expect_facts(&(struct tls_capture){0}, CS_TLS_1_3, 30);
        expect_facts(&(struct tls_capture){.split_bytes = 1, .doubled = true}, CS_TLS_1_3, 30);
        expect_facts(&(struct tls_capture){.split_bytes = 7}, CS_TLS_1_3, 30);
        tls_talk_free(&talk);
    }
}

/* A post-quantum key share: 1800 bytes and more, in two segments, the second one first. */
Test(capture, hello_of_two_segments)
{
    struct tls_client client = BROWSER;

    client.padding_bytes = 1700;
    client.grease = client.ech = true;
    say_tls13(&client);
    expect_facts(&(struct tls_capture){.split_bytes = 1448}, CS_TLS_1_3, 30);
    expect_facts(&(struct tls_capture){.split_bytes = 1448, .backwards = true}, CS_TLS_1_3, 30);
    tls_talk_free(&talk);
}

/* The hello's time is that of its first byte, though that byte came last. */
Test(capture, time_is_of_the_packet_that_carried_the_byte)
{
    struct cs_handshake *handshake = cs_handshake_new();
    struct cs_buf hello = {0};

    tls_client_hello(&hello, &BROWSER);
    tls_feed(handshake, &(struct tls_piece){.ts_ns = 12,
                                            .data = hello.data + 100,
                                            .length = hello.length - 100,
                                            .offset = 100});
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_WAITING);
    tls_feed(handshake, &(struct tls_piece){.ts_ns = 11, .data = hello.data, .length = 100});
    tls_feed(handshake, &(struct tls_piece){.ts_ns = 99, .data = hello.data, .length = 120});
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_OPEN);
    cr_expect_eq(cs_handshake_facts(handshake)->client_hello_ns, 11);
    cs_handshake_free(handshake);
    cs_buf_free(&hello);
}

/* Of a packet larger than the capture the rest of a body is missing, but its length is known. */
Test(capture, hole_in_a_body_is_stepped_over)
{
    struct cs_buf *out;

    tls_client_hello(tls_say(&talk, CLIENT, 10), &BROWSER);
    out = tls_say(&talk, SERVER, 20);
    tls_server_hello(out, &(struct tls_server){.version = 0x0303});
    tls_message(out, TLS_CERTIFICATE, 9000);
    out = tls_say(&talk, CLIENT, 30);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_HANDSHAKE, 40);
    out = tls_say(&talk, SERVER, 40);
    tls_record(out, TLS_CCS, 1);
    tls_record(out, TLS_HANDSHAKE, 40);
    expect_facts(&(struct tls_capture){.capture_bytes = 2048}, CS_TLS_1_2, 40);
    tls_talk_free(&talk);
}

/* A ClientHello whose tail was not captured still gives what it said before. */
Test(capture, cut_client_hello_is_read_once_it_was_answered)
{
    struct tls_client client = BROWSER;

    say_tls13(&client);
    cs_buf_clear(&talk.packets[0].bytes);
    client.pre_shared_key = true; /* the last extension, 100 bytes */
    tls_client_hello(&talk.packets[0].bytes, &client);
    expect_facts(&(struct tls_capture){.capture_bytes = talk.packets[0].bytes.length - 90},
                 CS_TLS_1_3, 30);
    tls_talk_free(&talk);
}

/* Headers lost in a large packet: the walk goes on where a chunk is known to start a record. */
Test(capture, resync_at_a_marked_record)
{
    struct cs_handshake *handshake = cs_handshake_new();
    struct cs_buf out = {0};
    __u32 sealed;

    tls_client_hello(&out, &BROWSER);
    tls_feed(handshake, &(struct tls_piece){.ts_ns = 10, .data = out.data, .length = out.length});
    cs_buf_clear(&out);
    tls_server_hello(&out, &(struct tls_server){0});
    tls_record(&out, TLS_CCS, 1);
    sealed = (__u32)out.length;
    tls_record(&out, TLS_HANDSHAKE, 500); /* two records nobody captured */
    tls_record(&out, TLS_HANDSHAKE, 300);
    struct tls_piece piece = {.ts_ns = 20, .data = out.data, .length = sealed + 3};
    piece.direction = SERVER;
    tls_feed(handshake, &piece);

    cs_buf_clear(&out);
    tls_record(&out, TLS_DATA, 700);
    piece = (struct tls_piece){21, out.data, out.length, sealed + 810, SERVER, 0};
    tls_feed(handshake, &piece);
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_OPEN);
    cs_buf_clear(&out);
    tls_record(&out, TLS_DATA, 69);
    piece = (struct tls_piece){30, out.data, out.length, 50000, CLIENT, CS_CHUNK_AT_RECORD};
    tls_feed(handshake, &piece);
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_OPEN, "no server flight seen yet");

    tls_record(&out, TLS_DATA, 700);
    piece = (struct tls_piece){22, out.data, out.length, sealed + 2000, SERVER, CS_CHUNK_AT_RECORD};
    tls_feed(handshake, &piece);
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_DONE);
    cr_expect_eq(cs_handshake_facts(handshake)->end_ns, 30);
    cs_handshake_free(handshake);
    cs_buf_free(&out);
}

/* Without supported_versions TLS 1.3 would be taken for 1.2. */
Test(capture, cut_server_hello_tells_no_version)
{
    struct cs_handshake *handshake = cs_handshake_new();
    struct cs_buf out = {0};
    struct tls_piece piece = {.ts_ns = 20, .direction = SERVER};

    tls_server_hello(&out, &(struct tls_server){0});
    piece.data = out.data;
    piece.length = out.length - 6;
    tls_feed(handshake, &piece);
    cs_buf_clear(&out);
    tls_record(&out, TLS_DATA, 700);
    piece = (struct tls_piece){21, out.data, out.length, 5000, SERVER, CS_CHUNK_AT_RECORD};
    tls_feed(handshake, &piece);
    cr_expect_eq(cs_handshake_facts(handshake)->version, 0);
    cs_handshake_free(handshake);
    cs_buf_free(&out);
}

Test(capture, missing_packet_keeps_it_open_and_bounded)
{
    struct cs_handshake *handshake = cs_handshake_new();
    static char noise[2000];

    for (__u32 i = 0; i < 1000; i++)
        tls_feed(handshake, &(struct tls_piece){.data = noise,
                                                .length = sizeof(noise),
                                                .offset = 5000 + 3000 * i,
                                                .direction = SERVER});
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_WAITING);
    for (__u32 i = 0; i < 1000; i++)
        tls_feed(handshake, &(struct tls_piece){
                                .data = noise, .length = sizeof(noise), .offset = 5000 + 3000 * i});
    cr_expect_eq(cs_handshake_facts(handshake)->state, CS_TLS_NOT_TLS, "16 KB that open nothing");
    cs_handshake_free(handshake);
}

Test(capture, nothing_changes_after_the_end)
{
    struct tls_capture capture = {0};
    struct cs_tls_facts before, after;

    say_tls13(&BROWSER);
    before = tls_facts(&talk, &capture);
    tls_alert(tls_say(&talk, SERVER, 50), 2, 80);
    tls_client_hello(tls_say(&talk, CLIENT, 60), &(struct tls_client){.server_name = "x.example"});
    after = tls_facts(&talk, &capture);
    cr_expect_eq(memcmp(&before, &after, sizeof(before)), 0);
    tls_talk_free(&talk);
}
