/* SPDX-License-Identifier: MIT */
/*
 * What the client says first, to a proxy and again behind each consent: it asks a proxy, is
 * introduced by the PROXY protocol, begins TLS, or says payload. It is told by its first bytes.
 * Other protocols that lead to TLS are known to the kernel half alone, which copies none of them.
 */
#include <string.h>

#include "user/preamble/talk.h"

enum {
    START_BYTES = 16,           /* more than the longest row has to see */
    PROXY_V2_HEADER_BYTES = 16, /* signature, version and command, family, length */
};

static cs_step proxy_v1;
static cs_step proxy_v2;

/* Bytes that must be, and the range of the one behind them, which settles it. */
static const struct row {
    const char *prefix;
    size_t prefix_bytes;
    __u8 low, high;
    cs_step *step; /* NULL: TLS, which is not read here */
} rows[] = {
    {"\x16\x03", 2, 0, 4, NULL},                  /* SSL 3.0 to TLS 1.3 (RFC 8446 section 5.1) */
    {"\x04", 1, 1, 2, cs_socks4_request},         /* VN, CD: CONNECT or BIND */
    {"\x05", 1, 1, 255, cs_socks5_greeting},      /* VER, NMETHODS (RFC 1928 section 3) */
    {"CONNECT", 7, ' ', ' ', cs_connect_request}, /* case-sensitive (RFC 9110 section 9.1) */
    {"PROXY", 5, ' ', ' ', proxy_v1},             /* the PROXY protocol, section 2.1 */
    {"\r\n\r\n\0\r\nQUIT\n", 12, 0x20, 0x2f, proxy_v2}, /* and 2.2: version 2 */
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

struct verdict {
    const struct row *row; /* that said yes */
    bool undecided;
};

static struct verdict judge(const __u8 *data, size_t length)
{
    struct verdict verdict = {0};

    for (int i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &rows[i];
        size_t bytes = length < row->prefix_bytes ? length : row->prefix_bytes;

        if (memcmp(data, row->prefix, bytes) != 0)
            continue;
        if (length <= row->prefix_bytes)
            verdict.undecided = true;
        else if (data[row->prefix_bytes] >= row->low && data[row->prefix_bytes] <= row->high)
            verdict.row = row;
    }
    return verdict;
}

static bool proxy_v1(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->client, '\n', 0))
        return false;
    cs_talk_begin(preamble);
    return true;
}

static bool proxy_v2(struct cs_preamble *preamble)
{
    __u8 header[PROXY_V2_HEADER_BYTES];

    if (!cs_reader_take(&preamble->client, header, sizeof(header), NULL))
        return false;
    cs_stream_skip(&preamble->client, (__u32)(header[14] << 8 | header[15]));
    cs_talk_begin(preamble);
    return true;
}

/* The byte `ahead` behind the next one showed that this is payload. */
static void give_up(struct cs_preamble *preamble, size_t ahead)
{
    struct cs_span span = {0};

    cs_stream_skip(&preamble->client, (__u32)ahead);
    cs_stream_span(&preamble->client, &span);
    cs_talk_plain(preamble, span.ts_ns);
}

/* Byte by byte, so that the verdict and its time do not depend on how the bytes were cut. */
static bool read_opening(struct cs_preamble *preamble)
{
    __u8 start[START_BYTES];
    size_t length = cs_stream_peek(&preamble->client, start, sizeof(start));
    struct verdict verdict = {.undecided = true};
    size_t seen = 0;

    while (seen < length && verdict.undecided)
        verdict = judge(start, ++seen);
    explicit_bzero(start, sizeof(start));
    if (verdict.undecided)
        return false;
    if (!verdict.row)
        give_up(preamble, seen - 1);
    else if (!verdict.row->step)
        cs_talk_over(preamble);
    else
        preamble->step = verdict.row->step;
    return true;
}

void cs_talk_begin(struct cs_preamble *preamble)
{
    preamble->step = read_opening;
}
