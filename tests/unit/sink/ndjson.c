/* SPDX-License-Identifier: MIT */
/* Golden lines, compared whole: a changed key is a changed contract (docs/entry.schema.json). */
#include "user/sink/ndjson.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sink/sample.h"

static void expect(struct cs_buf *out, const char *line)
{
    cr_expect_not(out->failed);
    cs_buf_add(out, "", 1);
    cr_expect_str_eq(out->data, line);
    cs_buf_free(out);
}

Test(ndjson, header)
{
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_ndjson.header(&sink, &out, &sample_run);
    expect(&out, "{\"entryType\":\"connspan.header\",\"schema\":1,\"version\":\"0.1.0\","
                 "\"timeOrigin\":{\"monotonicNs\":5000000001,\"unixNs\":1767225600000000002},"
                 "\"clock\":{\"monotonicNs\":6000000003,\"unixNs\":1767225601000000004},"
                 "\"host\":\"host\",\"bootId\":\"01234567-89ab-cdef-0123-456789abcdef\","
                 "\"kernel\":\"6.18.44\",\"hooks\":{\"connect\":\"fentry\",\"state\":\"tp_btf\","
                 "\"wire\":\"cgroup_skb\",\"tls\":\"uprobe_multi\",\"discovery\":\"mmap2\"}}\n");
}

#define WORKER_AND_BODY                                                                            \
    "\"workerRouterEvaluationStart\":0,\"workerCacheLookupStart\":0,"                              \
    "\"workerMatchedRouterSource\":\"\",\"workerFinalRouterSource\":\"\",\"transferSize\":null,"   \
    "\"encodedBodySize\":null,\"decodedBodySize\":null,\"responseStatus\":0,"                      \
    "\"renderBlockingStatus\":\"non-blocking\",\"contentType\":\"\",\"contentEncoding\":\"\","     \
    "\"timestamp\":\"2026-01-01T00:00:00.123456789Z\","

static const char plain_line[] =
    "{\"entryType\":\"resource\",\"id\":1,\"name\":\"tcp://192.0.2.1:5432\","
    "\"startTime\":100.000000,\"duration\":2.000000,\"navigationId\":\"\","
    "\"initiatorType\":\"other\",\"deliveryType\":\"\",\"nextHopProtocol\":\"\",\"workerStart\":0,"
    "\"redirectStart\":0,\"redirectEnd\":0,\"fetchStart\":100.000000,"
    "\"domainLookupStart\":100.000000,\"domainLookupEnd\":100.000000,\"connectStart\":100.000000,"
    "\"connectEnd\":102.000000,\"secureConnectionStart\":0.000000,\"requestStart\":0.000000,"
    "\"finalResponseHeadersStart\":0.000000,\"firstInterimResponseStart\":0.000000,"
    "\"responseStart\":0.000000,\"responseEnd\":102.000000," WORKER_AND_BODY
    "\"phases\":{\"domainLookupStart\":null,\"domainLookupEnd\":null,\"connectStart\":100.000000,\"tcpEstablished\":102.000000,\"tlsStart\":null,"
    "\"tlsEnd\":null,\"failed\":null},"
    "\"connection\":{\"id\":\"9007199254740993\",\"role\":\"client\",\"outcome\":\"connected\","
    "\"error\":null,\"localAddress\":\"10.0.0.1\",\"localPort\":40000,"
    "\"remoteAddress\":\"192.0.2.1\",\"remotePort\":5432,\"family\":\"ipv4\",\"netns\":4026531840,"
    "\"tcpEstablished\":102.000000,\"synRetransmits\":0,\"rttUs\":2000,\"reused\":false,"
    "\"startSource\":\"fentry\",\"tfo\":false,\"raceStart\":null,\"preexisting\":false,"
    "\"late\":false,\"flags\":[]},"
    "\"process\":{\"pid\":100,\"tid\":101,\"comm\":\"psql\",\"thread\":\"psql\","
    "\"exe\":\"/usr/bin/psql\",\"uid\":0,\"cgroup\":\"/user.slice\",\"containerId\":null},"
    "\"tls\":null,\"proxy\":null,\"request\":null}\n";

Test(ndjson, plain_entry)
{
    struct connspan_entry entry = sample_plain();
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_ndjson.entry(&sink, &out, &entry);
    expect(&out, plain_line);
}

static void expect_part(const struct connspan_entry *entry, const char *part)
{
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_ndjson.entry(&sink, &out, entry);
    cs_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.data, part), "%s\nhas no\n%s", out.data, part);
    cs_buf_free(&out);
}

Test(ndjson, tls_group)
{
    struct connspan_entry entry = sample_tls();

    expect_part(&entry, ",\"tls\":{\"version\":\"1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\","
                        "\"alpn\":\"h2\",\"alpnOffered\":[\"h2\",\"http/1.1\"],"
                        "\"serverName\":\"example.com\",\"resumed\":true,\"earlyData\":false,"
                        "\"helloRetry\":true,\"library\":\"/usr/lib/libssl.so.3\","
                        "\"startSource\":\"uprobe\",\"endSource\":\"wire\",\"boundBy\":\"thread\","
                        "\"calls\":3},\"proxy\":null,\"request\":null}\n");
    expect_part(&entry, "\"secureConnectionStart\":102.250000,");
    expect_part(&entry, "\"tlsStart\":102.250000,\"tlsEnd\":125.000000,\"failed\":null}");
    expect_part(&entry, "\"tfo\":true,\"raceStart\":99.000000,");
    expect_part(&entry, "\"flags\":[\"mptcp\"]},");
}

Test(ndjson, error_group)
{
    struct connspan_entry entry = sample_failed();

    expect_part(&entry, "\"outcome\":\"failed\",\"error\":{\"phase\":\"tcp\","
                        "\"code\":\"ECONNREFUSED\",\"detail\":null},\"localAddress\"");
    expect_part(
        &entry,
        "\"phases\":{\"domainLookupStart\":null,\"domainLookupEnd\":null,\"connectStart\":100.000000,\"tcpEstablished\":null,"
        "\"tlsStart\":null,\"tlsEnd\":null,\"failed\":102.000000}");
    expect_part(&entry, ",\"connectStart\":0.000000,\"connectEnd\":0.000000,");
}

Test(ndjson, unknown_is_null)
{
    struct connspan_entry entry = sample_unknown();

    expect_part(&entry, "\"connection\":{\"id\":\"4\",\"role\":\"server\",\"outcome\":"
                        "\"connected\",\"error\":null,\"localAddress\":null,\"localPort\":null,"
                        "\"remoteAddress\":null,\"remotePort\":null,\"family\":\"ipv6\","
                        "\"netns\":null,\"tcpEstablished\":null,\"synRetransmits\":0,"
                        "\"rttUs\":null,\"reused\":false,\"startSource\":null,\"tfo\":false,"
                        "\"raceStart\":null,\"preexisting\":true,\"late\":true,\"flags\":[]}");
    expect_part(&entry, "\"process\":{\"pid\":null,\"tid\":null,\"comm\":null,\"thread\":null,"
                        "\"exe\":null,\"uid\":null,\"cgroup\":null,\"containerId\":null}");
    expect_part(&entry, "\"tls\":{\"version\":null,\"cipher\":null,\"alpn\":null,"
                        "\"alpnOffered\":[],\"serverName\":null,\"resumed\":null,"
                        "\"earlyData\":null,\"helloRetry\":false,\"library\":null,"
                        "\"startSource\":\"wire\",\"endSource\":null,\"boundBy\":null,"
                        "\"calls\":null}");
}

Test(ndjson, stats_tell_what_was_dropped_since_the_last_line)
{
    struct connspan_loss losses[] = {{"ringConnection", 3}, {"output", 5}};
    struct connspan_stats stats = {7, 1, 8, losses, 2};
    struct cs_sink sink = {0};
    struct cs_buf out = {0};

    cs_ndjson.stats(&sink, &out, &stats);
    expect(&out, "{\"entryType\":\"connspan.stats\",\"entries\":7,\"failures\":1,"
                 "\"dropped\":{\"ringConnection\":3,\"output\":5},"
                 "\"total\":{\"ringConnection\":3,\"output\":5}}\n");
    losses[1].total = 9;
    cs_ndjson.stats(&sink, &out, &stats);
    expect(&out, "{\"entryType\":\"connspan.stats\",\"entries\":7,\"failures\":1,"
                 "\"dropped\":{\"ringConnection\":0,\"output\":4},"
                 "\"total\":{\"ringConnection\":3,\"output\":9}}\n");
}

/* A file with lines of every kind, which the test check-schema reads. */
Test(ndjson, writes_the_sample_for_the_schema)
{
    struct connspan_entry entries[] = {sample_plain(), sample_tls(), sample_failed(),
                                       sample_unknown()};
    struct connspan_stats stats = sample_stats();
    const char *path = getenv("CS_SAMPLE");
    struct cs_sink sink = {0};
    struct cs_buf out = {0};
    FILE *file;

    if (!path)
        cr_skip_test("CS_SAMPLE names no file");
    cs_ndjson.header(&sink, &out, &sample_run);
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        cs_ndjson.entry(&sink, &out, &entries[i]);
    cs_ndjson.stats(&sink, &out, &stats);
    file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_expect_eq(fwrite(out.data, 1, out.length, file), out.length);
    fclose(file);
    cs_buf_free(&out);
}
