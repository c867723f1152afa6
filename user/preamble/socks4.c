/* SPDX-License-Identifier: MIT */
/*
 * SOCKS 4 and 4A, as their protocol memos describe them: one request, one reply of eight bytes. The
 * user id is not kept.
 */
#include <sys/socket.h>

#include "user/preamble/talk.h"

enum {
    REQUEST_BYTES = 8, /* VN, CD, DSTPORT, DSTIP; USERID and NUL follow */
    CD_CONNECT = 1,
    REPLY_REST_BYTES = 6, /* behind VN and CD */
    REPLY_GRANTED = 90,
    REPLY_LAST = 93,
};

static const char *const refusals[] = {
    "request rejected or failed",
    "SOCKS server cannot connect to identd on the client",
    "the client program and identd report different user-ids",
};

static bool read_reply_rest(struct cs_preamble *preamble)
{
    __u8 rest[REPLY_REST_BYTES];
    __u64 ts_ns = 0;

    if (!cs_reader_take(&preamble->server, rest, sizeof(rest), &ts_ns))
        return false;
    cs_talk_open(preamble, ts_ns);
    return true;
}

static bool read_reply(struct cs_preamble *preamble)
{
    __u8 head[2];
    __u64 ts_ns = 0;

    if (!cs_reader_take(&preamble->server, head, sizeof(head), &ts_ns))
        return false;
    if (head[0] != 0 || head[1] < REPLY_GRANTED || head[1] > REPLY_LAST) {
        cs_talk_no_tunnel(preamble, ts_ns);
    } else if (head[1] != REPLY_GRANTED) {
        cs_talk_refuse(preamble, ts_ns, "unknown", refusals[head[1] - REPLY_GRANTED - 1]);
        cs_talk_over(preamble);
    } else {
        preamble->step = read_reply_rest;
    }
    return true;
}

static bool read_domain(struct cs_preamble *preamble)
{
    struct cs_line *line = &preamble->line;

    if (!cs_line_read(line, &preamble->client, '\0', CS_TARGET_HOST_BYTES))
        return false;
    cs_talk_target(preamble, line->text, line->kept, preamble->facts.target_port);
    preamble->step = read_reply;
    return true;
}

static bool skip_user(struct cs_preamble *preamble)
{
    if (!cs_line_read(&preamble->line, &preamble->client, '\0', 0))
        return false;
    preamble->step = preamble->facts.target_host[0] ? read_reply : read_domain;
    return true;
}

bool cs_socks4_request(struct cs_preamble *preamble)
{
    __u8 request[REQUEST_BYTES];
    const __u8 *address = request + 4;
    __u64 ts_ns = 0;
    __u16 port;

    if (!cs_reader_take(&preamble->client, request, sizeof(request), &ts_ns))
        return false;
    port = (__u16)(request[2] << 8 | request[3]);
    cs_talk_ask(preamble, CS_TUNNEL_SOCKS4);
    /* 4A: an impossible address 0.0.0.x, x not 0, says that a domain name follows the user id. */
    if (address[0] || address[1] || address[2] || !address[3])
        cs_talk_target_address(preamble, AF_INET, address, port);
    else
        cs_talk_target(preamble, "", 0, port);
    preamble->step = skip_user;
    if (request[1] != CD_CONNECT) /* BIND: the peer will come to the proxy, if ever */
        cs_talk_plain(preamble, ts_ns);
    return true;
}
