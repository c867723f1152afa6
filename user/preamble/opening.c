/* SPDX-License-Identifier: MIT */
/*
 * What the client says first, and what it says next in a conversation that may lead to TLS. Servers
 * that greet first are known by their clients' first command: what they say is never needed.
 */
#include "user/preamble/opening.h"

#include <string.h>

#include "user/preamble/talk.h"

enum { START_BYTES = 128 }; /* what the longest matcher has to see */

static cs_step skip_line;

static const struct row {
    unsigned opening; /* enum cs_opening */
    cs_matcher *match;
    cs_step *step; /* NULL: the message is passed over */
    unsigned next; /* what may follow; 0: nothing that is read here */
} rows[] = {
    {CS_OPENING_TLS, cs_match_tls, NULL, 0},
    {CS_OPENING_SOCKS4, cs_match_socks4, cs_socks4_request, 0},
    {CS_OPENING_SOCKS5, cs_match_socks5, cs_socks5_greeting, 0},
    {CS_OPENING_CONNECT, cs_match_connect, cs_connect_request, 0},
    {CS_OPENING_PROXY, cs_match_proxy_v1, skip_line, CS_OPENING_ANY},
    {CS_OPENING_PROXY, cs_match_proxy_v2, NULL, CS_OPENING_ANY},
    {CS_OPENING_POSTGRES, cs_match_postgres, NULL, CS_OPENING_POSTGRES | CS_OPENING_TLS},
    {CS_OPENING_MYSQL, cs_match_mysql, NULL, CS_OPENING_TLS},
    {CS_OPENING_LDAP, cs_match_ldap, NULL, CS_OPENING_LDAP | CS_OPENING_TLS},
    {CS_OPENING_RDP, cs_match_rdp, NULL, CS_OPENING_TLS},
    {CS_OPENING_XMPP, cs_match_xmpp, cs_xmpp_tag,
     CS_OPENING_XMPP | CS_OPENING_SPACE | CS_OPENING_TLS},
    {CS_OPENING_SPACE, cs_match_space, NULL, CS_OPENING_XMPP | CS_OPENING_SPACE | CS_OPENING_TLS},
    {CS_OPENING_TEXT, cs_match_text, skip_line, CS_OPENING_TEXT | CS_OPENING_TLS},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

enum cs_match cs_match_bytes(const __u8 *data, size_t length, const void *pattern, size_t bytes,
                             size_t wanted)
{
    if (memcmp(data, pattern, length < bytes ? length : bytes) != 0)
        return CS_MATCH_NO;
    return length < wanted ? CS_MATCH_MORE : CS_MATCH_YES;
}

struct verdict {
    const struct row *row; /* that said yes */
    unsigned undecided;    /* enum cs_opening: those that need more */
    size_t message_bytes;
};

static struct verdict judge(unsigned expected, const __u8 *data, size_t length)
{
    struct verdict verdict = {0};

    for (int i = 0; i < ROW_COUNT && !verdict.row; i++) {
        enum cs_match match = CS_MATCH_NO;

        if (rows[i].opening & expected)
            match = rows[i].match(data, length, &verdict.message_bytes);
        if (match == CS_MATCH_YES)
            verdict.row = &rows[i];
        else if (match == CS_MATCH_MORE)
            verdict.undecided |= rows[i].opening;
    }
    return verdict;
}

static bool skip_line(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->client, '\n', 0))
        return false;
    cs_talk_expect(preamble, preamble->expected);
    return true;
}

static void follow(struct cs_preamble *preamble, const struct verdict *verdict)
{
    preamble->expected = verdict->row->next;
    if (verdict->row->step) {
        preamble->step = verdict->row->step;
    } else if (preamble->expected) {
        cs_stream_skip(&preamble->client, (__u32)verdict->message_bytes);
        cs_talk_expect(preamble, preamble->expected);
    } else {
        cs_talk_over(preamble);
    }
}

/* The byte `ahead` behind the next one showed that this is payload. */
static void give_up(struct cs_preamble *preamble, size_t ahead)
{
    struct cs_span span = {0};

    cs_stream_skip(&preamble->client, (__u32)ahead);
    cs_stream_span(&preamble->client, &span);
    cs_talk_plain(preamble, span.ts_ns);
}

/* Clients of text protocols wait for the greeting. One that does not, and whose bytes are but the
 * start of what might be a command, says something else. */
static bool is_impatient(const struct cs_preamble *preamble, unsigned undecided)
{
    return preamble->expected == CS_OPENING_ANY && undecided == CS_OPENING_TEXT &&
           !preamble->server.head;
}

/* Byte by byte, so that the verdict and its time do not depend on how the bytes were cut. */
static bool read_opening(struct cs_preamble *preamble)
{
    __u8 start[START_BYTES];
    size_t length = cs_stream_peek(&preamble->client, start, sizeof(start));
    struct verdict verdict = {.undecided = CS_OPENING_ANY};
    size_t seen = 0;

    while (seen < length && verdict.undecided && !verdict.row)
        verdict = judge(preamble->expected, start, ++seen);
    explicit_bzero(start, sizeof(start));
    if (verdict.row)
        follow(preamble, &verdict);
    else if (seen && (!verdict.undecided || seen == START_BYTES ||
                      is_impatient(preamble, verdict.undecided)))
        give_up(preamble, seen - 1);
    else
        return false;
    return true;
}

void cs_talk_expect(struct cs_preamble *preamble, unsigned expected)
{
    preamble->expected = expected;
    preamble->step = read_opening;
}
