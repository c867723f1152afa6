/* SPDX-License-Identifier: MIT */
/* What a listener writes is read back to the same entry; nothing else is taken for one. */
#include "user/share/message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"
#include "user/sink/ndjson.h"

static struct cs_message_reader *reader;

static void open_reader(void)
{
    reader = cs_message_reader_new();
}

static void close_reader(void)
{
    cs_message_reader_free(reader);
}

TestSuite(message, .init = open_reader, .fini = close_reader);

static const struct cs_message *read_text(const char *line)
{
    return cs_message_read(reader, line, strlen(line));
}

static char *json_of(const struct connspan_entry *entry)
{
    size_t length = connspan_entry_json(entry, NULL, 0);
    char *text = malloc(length + 1);

    connspan_entry_json(entry, text, length + 1);
    return text;
}

static void expect_same(struct connspan_entry entry)
{
    char *line = json_of(&entry);
    const struct cs_message *message = read_text(line);
    char *again;

    cr_assert_not_null(message, "%s", line);
    cr_expect_eq(message->kind, CS_MESSAGE_ENTRY);
    again = json_of(&message->entry);
    cr_expect_str_eq(again, line);
    cr_expect_eq(message->entry.unix_ns, entry.unix_ns);
    cr_expect_eq(message->entry.process.uid, entry.process.uid);
    free(again);
    free(line);
}

Test(message, an_entry_there_and_back)
{
    struct connspan_entry proxied = sample_tls();

    proxied.proxy.kind = "socks5";
    proxied.proxy.target = "example.com:443";
    proxied.proxy.server_name = "proxy.example";
    proxied.name = "https://\"quoted\"\\/\t.example/";
    expect_same(sample_plain());
    expect_same(sample_tls());
    expect_same(sample_failed());
    expect_same(sample_unknown());
    expect_same(proxied);
}

/* All its strings lie in the reader: one that the copy shared would be gone. */
Test(message, a_copy_outlives_the_reader)
{
    struct connspan_entry entry = sample_tls(), *copy;
    char *line, *again;

    entry.connection.error = (struct connspan_error){"tls", "eof", "detail"};
    entry.proxy.kind = "connect";
    entry.proxy.target = "example.com:443";
    entry.proxy.server_name = "proxy.example";
    line = json_of(&entry);
    copy = connspan_entry_copy(&read_text(line)->entry);
    cs_message_reader_free(reader);
    reader = NULL;
    again = json_of(copy);
    cr_expect_str_eq(again, line);
    free(again);
    free(line);
    connspan_entry_free(copy);
}

Test(message, what_is_not_known_is_safe_to_filter_by)
{
    const struct cs_message *message =
        read_text("{\"entryType\":\"resource\",\"name\":\"tcp://a\",\"process\":{\"comm\":null}}");

    cr_assert_not_null(message);
    cr_expect_str_eq(message->entry.process.comm, "");
    cr_expect_str_eq(message->entry.process.thread, "");
    cr_expect_str_eq(message->entry.next_hop_protocol, "");
    cr_expect_not(message->entry.tls.present);
}

Test(message, a_header)
{
    struct cs_sink sink = {0};
    struct cs_buf line = {0};
    const struct cs_message *message;

    cs_ndjson.header(&sink, &line, &sample_run);
    message = cs_message_read(reader, line.data, line.length - 1);
    cr_assert_not_null(message);
    cr_expect_eq(message->kind, CS_MESSAGE_HEADER);
    cr_expect_eq(message->run.time_origin_ns, sample_run.time_origin_ns);
    cr_expect_eq(message->run.clock_unix_ns, sample_run.clock_unix_ns);
    cr_expect_str_eq(message->run.host, sample_run.host);
    cr_expect_str_eq(message->run.hook_tls, sample_run.hook_tls);
    cs_buf_free(&line);
}

Test(message, the_protocols_own)
{
    cr_expect_eq(read_text("{\"entryType\":\"connspan.live\",\"dropped\":7}")->kind,
                 CS_MESSAGE_LIVE);
    cr_expect_eq(read_text("{\"entryType\":\"connspan.dropped\",\"dropped\":8}")->dropped, 8);
    cr_expect_eq(read_text("{\"entryType\":\"connspan.end\"}")->kind, CS_MESSAGE_END);
    cr_expect_str_eq(read_text("{\"entryType\":\"connspan.error\",\"error\":\"no\"}")->error, "no");
    cr_expect_eq(read_text("{\"entryType\":\"connspan.stats\",\"dropped\":{\"ring\":1}}")->kind,
                 CS_MESSAGE_OTHER);
    cr_expect_eq(read_text("{\"entryType\":\"of a later version\",\"x\":[{}]}")->kind,
                 CS_MESSAGE_OTHER);
}

Test(message, what_is_none_of_ours)
{
    static const char *const lines[] = {
        "",
        "garbage",
        "[]",
        "[[{\"entryType\":\"resource\"}]]",
        "\"resource\"",
        "{}",
        "{\"entryType\":\"resource\"}",
        "{\"entryType\":\"resource\",\"name\":\"tcp://a\"",
        "{\"entryType\":\"resource\",\"name\":\"tcp://a\"}}",
        "{\"entryType\":null,\"name\":\"tcp://a\"}",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
        "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}}}}}}}}}",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        cr_expect_null(read_text(lines[i]), "%s", lines[i]);
}
