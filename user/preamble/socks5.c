/* SPDX-License-Identifier: MIT */
/*
 * SOCKS 5 (RFC 1928) with no authentication or user name and password (RFC 1929), which are passed
 * over unread. A client may send ahead without waiting for the answers.
 */
#include <sys/socket.h>

#include "user/preamble/talk.h"

enum {
    VERSION = 5,
    METHOD_NONE = 0x00,
    METHOD_PASSWORD = 0x02,
    METHOD_REFUSED = 0xff,
    CMD_CONNECT = 1,
    ATYP_IPV4 = 1,
    ATYP_DOMAIN = 3,
    ATYP_IPV6 = 4,
    HEAD_BYTES = 5, /* VER, CMD or REP, RSV, ATYP, and of a domain name its length */
    PORT_BYTES = 2,
    ADDRESS_MAX_BYTES = 255,
};

/* RFC 1928 section 6. What has no equal errno is "unknown". */
static const struct {
    const char *code;
    const char *detail;
} refusals[] = {
    [1] = {"unknown", "general SOCKS server failure"},
    [2] = {"EACCES", "connection not allowed by ruleset"},
    [3] = {"ENETUNREACH", "Network unreachable"},
    [4] = {"EHOSTUNREACH", "Host unreachable"},
    [5] = {"ECONNREFUSED", "Connection refused"},
    [6] = {"ETIMEDOUT", "TTL expired"},
    [7] = {"EOPNOTSUPP", "Command not supported"},
    [8] = {"EAFNOSUPPORT", "Address type not supported"},
};

static void refuse(struct cs_preamble *preamble, __u64 ts_ns, const char *code, const char *detail)
{
    cs_talk_refuse(preamble, ts_ns, code, detail);
    cs_talk_over(preamble); /* the server has to close (RFC 1928 section 6) */
}

/* A request or a reply: they have one form (RFC 1928 sections 4 and 6). */
struct message {
    __u8 bytes[HEAD_BYTES + ADDRESS_MAX_BYTES + PORT_BYTES];
    const __u8 *address;
    size_t address_bytes;
    __u16 port;
    __u64 end_ns;
};

enum taken { TAKEN, NOT_COME, MALFORMED };

static bool find_address(struct message *message)
{
    message->address = message->bytes + HEAD_BYTES - 1;
    switch (message->bytes[3]) {
    case ATYP_IPV4:
        message->address_bytes = 4;
        return true;
    case ATYP_IPV6:
        message->address_bytes = 16;
        return true;
    case ATYP_DOMAIN:
        message->address++;
        message->address_bytes = message->bytes[HEAD_BYTES - 1];
        return true;
    default:
        return false;
    }
}

static enum taken take_message(struct cs_stream *stream, struct message *message)
{
    const __u8 *port;

    if (cs_stream_peek(stream, message->bytes, HEAD_BYTES) < HEAD_BYTES)
        return NOT_COME;
    if (message->bytes[0] != VERSION || !find_address(message))
        return MALFORMED;
    port = message->address + message->address_bytes;
    if (!cs_reader_take(stream, message->bytes, (size_t)(port - message->bytes) + PORT_BYTES,
                        &message->end_ns))
        return NOT_COME;
    message->port = (__u16)(port[0] << 8 | port[1]);
    return TAKEN;
}

/* Something else speaks here: the byte that shows it is among the next. */
static bool not_socks(struct cs_preamble *preamble, struct cs_stream *stream)
{
    struct cs_span span = {0};

    cs_stream_span(stream, &span);
    cs_talk_no_tunnel(preamble, span.ts_ns);
    return true;
}

static bool read_reply(struct cs_preamble *preamble)
{
    struct message reply = {0};
    enum taken taken = take_message(&preamble->server, &reply);

    if (taken == NOT_COME)
        return false;
    if (taken == MALFORMED)
        return not_socks(preamble, &preamble->server);
    cs_talk_open(preamble, reply.end_ns);
    return true;
}

/* A refusal is told by the second byte, whatever follows. */
static bool read_reply_code(struct cs_preamble *preamble)
{
    enum { COUNT = sizeof(refusals) / sizeof(refusals[0]) };
    __u8 start[2];
    __u64 ts_ns = 0;

    if (cs_stream_peek(&preamble->server, start, sizeof(start)) < sizeof(start))
        return false;
    preamble->step = read_reply;
    if (start[0] != VERSION)
        return not_socks(preamble, &preamble->server);
    if (start[1] == 0)
        return true;
    cs_reader_take(&preamble->server, start, sizeof(start), &ts_ns);
    if (start[1] < COUNT)
        refuse(preamble, ts_ns, refusals[start[1]].code, refusals[start[1]].detail);
    else
        refuse(preamble, ts_ns, "unknown", "unassigned reply");
    return true;
}

static bool read_request(struct cs_preamble *preamble)
{
    struct message request = {0};
    enum taken taken = take_message(&preamble->client, &request);

    if (taken == NOT_COME)
        return false;
    if (taken == MALFORMED)
        return not_socks(preamble, &preamble->client);
    if (request.bytes[3] == ATYP_DOMAIN)
        cs_talk_target(preamble, (const char *)request.address, request.address_bytes,
                       request.port);
    else
        cs_talk_target_address(preamble, request.bytes[3] == ATYP_IPV4 ? AF_INET : AF_INET6,
                               request.address, request.port);
    preamble->step = read_reply_code;
    if (request.bytes[1] != CMD_CONNECT) /* BIND, UDP ASSOCIATE: no way to the target on here */
        cs_talk_plain(preamble, request.end_ns);
    return true;
}

static bool read_password_status(struct cs_preamble *preamble)
{
    __u8 status[2];
    __u64 ts_ns = 0;

    if (!cs_reader_take(&preamble->server, status, sizeof(status), &ts_ns))
        return false;
    preamble->step = read_request;
    if (status[1] != 0)
        refuse(preamble, ts_ns, "unknown", "username/password authentication failed");
    return true;
}

static bool skip_password(struct cs_preamble *preamble)
{
    __u8 length;

    if (!cs_reader_take(&preamble->client, &length, sizeof(length), NULL))
        return false;
    cs_stream_skip(&preamble->client, length);
    preamble->step = read_password_status;
    return true;
}

static bool skip_user_name(struct cs_preamble *preamble)
{
    __u8 head[2]; /* VER, ULEN */

    if (!cs_reader_take(&preamble->client, head, sizeof(head), NULL))
        return false;
    cs_stream_skip(&preamble->client, head[1]);
    preamble->step = skip_password;
    return true;
}

static bool read_method(struct cs_preamble *preamble)
{
    __u8 answer[2];
    __u64 ts_ns = 0;

    if (cs_stream_peek(&preamble->server, answer, 1) == 1 && answer[0] != VERSION)
        return not_socks(preamble, &preamble->server);
    if (!cs_reader_take(&preamble->server, answer, sizeof(answer), &ts_ns))
        return false;
    cs_talk_ask(preamble, CS_TUNNEL_SOCKS5);
    if (answer[1] == METHOD_NONE)
        preamble->step = read_request;
    else if (answer[1] == METHOD_PASSWORD)
        preamble->step = skip_user_name;
    else if (answer[1] == METHOD_REFUSED)
        refuse(preamble, ts_ns, "unknown", "NO ACCEPTABLE METHODS");
    else /* GSSAPI and private methods may wrap all that follows: nothing more can be read */
        cs_talk_over(preamble);
    return true;
}

bool cs_socks5_greeting(struct cs_preamble *preamble)
{
    __u8 head[2]; /* VER, NMETHODS */

    if (!cs_reader_take(&preamble->client, head, sizeof(head), NULL))
        return false;
    cs_stream_skip(&preamble->client, head[1]);
    preamble->step = read_method;
    return true;
}
