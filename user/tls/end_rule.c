/* SPDX-License-Identifier: MIT */
/*
 * TLS 1.3 (RFC 8446): all after ServerHello goes as application_data. The server's first such
 * record begins its flight, the client's first one after that is its answer: the Finished, or a
 * client certificate in the same flight. Early data went before it and does not count; early data
 * that left after the flight passed cannot be told from the answer and is taken for it.
 *
 * Up to TLS 1.2 (RFC 5246): each side sends ChangeCipherSpec and Finished; the later of the two
 * Finished ends the handshake, in the full and in the abbreviated one. A client that sends data
 * before the server's Finished does False Start (RFC 7918): its own Finished was the end for it.
 */
#include "user/tls/end_rule.h"

#include <string.h>

#include "user/tls/cipher.h"
#include "user/tls/facts.h"

/* Two bytes of alert and one of content type; no handshake message is as short. */
enum { ALERT_PLAINTEXT_BYTES = 3 };

static const struct cs_verdict OPEN = {.kind = CS_VERDICT_OPEN};

void cs_marks_add_data(struct cs_marks *marks, __u64 ts_ns, __u16 length)
{
    if (!marks->first_data_ns)
        marks->first_data_ns = ts_ns;
    if (marks->data_count == CS_MARKS_DATA) {
        memmove(marks->data, marks->data + 1, sizeof(marks->data) - sizeof(marks->data[0]));
        marks->data_count--;
    }
    marks->data[marks->data_count++] = (struct cs_data_mark){ts_ns, length};
}

/* The first record of data at or after `since_ns`; NULL: none. */
static const struct cs_data_mark *data_since(const struct cs_marks *marks, __u64 since_ns)
{
    for (int i = 0; i < marks->data_count; i++)
        if (marks->data[i].ts_ns >= since_ns)
            return &marks->data[i];
    return NULL;
}

static const struct cs_data_mark *data_of_length(const struct cs_marks *marks, __u16 length)
{
    for (int i = 0; i < marks->data_count; i++)
        if (marks->data[i].length == length)
            return &marks->data[i];
    return NULL;
}

static struct cs_verdict judge_tls13(const struct cs_marks *client, const struct cs_marks *server,
                                     __u16 cipher)
{
    __u16 alert_bytes = (__u16)(ALERT_PLAINTEXT_BYTES + cs_cipher_tag_bytes(cipher));
    const struct cs_data_mark *alert = data_of_length(server, alert_bytes);
    const struct cs_data_mark *answer;

    if (!server->first_data_ns)
        return OPEN;
    answer = data_since(client, server->first_data_ns);
    if (alert && (!answer || alert->ts_ns < answer->ts_ns))
        return (struct cs_verdict){CS_VERDICT_ALERT, true, alert->ts_ns};
    if (!answer)
        return OPEN;
    if (answer->length == alert_bytes)
        return (struct cs_verdict){CS_VERDICT_ALERT, false, answer->ts_ns};
    return (struct cs_verdict){CS_VERDICT_DONE, false, answer->ts_ns};
}

static struct cs_verdict judge_tls12(const struct cs_marks *client, const struct cs_marks *server)
{
    const struct cs_data_mark *data;
    __u64 end_ns = client->finished_ns;

    if (!client->finished_ns)
        return OPEN;
    data = data_since(client, client->finished_ns);
    if (!server->finished_ns && !data)
        return OPEN;
    if (server->finished_ns > end_ns && !(data && data->ts_ns < server->finished_ns))
        end_ns = server->finished_ns;
    return (struct cs_verdict){CS_VERDICT_DONE, false, end_ns};
}

struct cs_verdict cs_end_rule(const struct cs_marks *client, const struct cs_marks *server,
                              __u16 version, __u16 cipher)
{
    if (version == 0)
        return OPEN;
    return version >= CS_TLS_1_3 ? judge_tls13(client, server, cipher)
                                 : judge_tls12(client, server);
}

/* In an abbreviated handshake the server is the first to change ciphers, in a full one the client
 * (RFC 5246 section 7.3): each of them waits for the other. */
__s8 cs_marks_resumed(const struct cs_marks *client, const struct cs_marks *server)
{
    if (!client->ccs_ns && !server->ccs_ns)
        return -1;
    if (!client->ccs_ns || !server->ccs_ns)
        return !client->ccs_ns;
    return server->ccs_ns < client->ccs_ns;
}
