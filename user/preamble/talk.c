/* SPDX-License-Identifier: MIT */
/* How the facts change, and the loop that goes on as far as the bytes reach. */
#include "user/preamble/talk.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct cs_preamble *cs_preamble_new(void)
{
    struct cs_preamble *preamble = calloc(1, sizeof(*preamble));

    if (preamble) {
        preamble->client.started = true;
        preamble->server.started = true;
        cs_talk_begin(preamble);
    }
    return preamble;
}

void cs_preamble_add(struct cs_preamble *preamble, const struct cs_event_chunk *chunk)
{
    bool from_server = chunk->direction == CS_FROM_SERVER;

    if (!preamble->step)
        return;
    cs_stream_add(from_server ? &preamble->server : &preamble->client, chunk);
    while (preamble->step && preamble->step(preamble))
        ;
}

const struct cs_preamble_facts *cs_preamble_facts(const struct cs_preamble *preamble)
{
    return &preamble->facts;
}

void cs_preamble_free(struct cs_preamble *preamble)
{
    if (!preamble)
        return;
    cs_talk_over(preamble);
    explicit_bzero(preamble, sizeof(*preamble));
    free(preamble);
}

void cs_talk_over(struct cs_preamble *preamble)
{
    preamble->step = NULL;
    cs_stream_wipe(&preamble->client);
    cs_stream_wipe(&preamble->server);
    explicit_bzero(&preamble->line, sizeof(preamble->line));
}

void cs_talk_plain(struct cs_preamble *preamble, __u64 ts_ns)
{
    preamble->facts.state = CS_PREAMBLE_PLAIN;
    preamble->facts.plain_ns = ts_ns;
    cs_talk_over(preamble);
}

void cs_talk_no_tunnel(struct cs_preamble *preamble, __u64 ts_ns)
{
    cs_talk_ask(preamble, CS_TUNNEL_NONE);
    cs_talk_plain(preamble, ts_ns);
}

void cs_talk_ask(struct cs_preamble *preamble, enum cs_tunnel_kind kind)
{
    preamble->facts = (struct cs_preamble_facts){.state = CS_PREAMBLE_OPEN, .kind = kind};
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

void cs_talk_target(struct cs_preamble *preamble, const char *host, size_t length, __u16 port)
{
    struct cs_preamble_facts *facts = &preamble->facts;

    facts->target_port = port;
    if (length >= sizeof(facts->target_host) || !is_printable(host, length))
        length = 0;
    memcpy(facts->target_host, host, length);
    facts->target_host[length] = '\0';
}

void cs_talk_target_address(struct cs_preamble *preamble, int family, const void *address,
                            __u16 port)
{
    struct cs_preamble_facts *facts = &preamble->facts;

    facts->target_port = port;
    inet_ntop(family, address, facts->target_host, sizeof(facts->target_host));
}

void cs_talk_open(struct cs_preamble *preamble, __u64 ts_ns)
{
    preamble->facts.state = CS_PREAMBLE_TUNNEL;
    preamble->facts.opened_ns = ts_ns;
    cs_talk_begin(preamble);
}

void cs_talk_refuse(struct cs_preamble *preamble, __u64 ts_ns, const char *code, const char *detail)
{
    struct cs_preamble_facts *facts = &preamble->facts;
    size_t length = strnlen(detail, sizeof(facts->error_detail) - 1);

    facts->state = CS_PREAMBLE_REFUSED;
    facts->refused_ns = ts_ns;
    facts->error_code = code;
    for (size_t i = 0; i < length; i++)
        facts->error_detail[i] = detail[i] >= ' ' && detail[i] <= '~' ? detail[i] : '?';
    facts->error_detail[length] = '\0';
}
