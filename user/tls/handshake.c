/* SPDX-License-Identifier: MIT */
/*
 * What each record means for the handshake. Each direction is walked on its own, as far as its
 * bytes go, and leaves its hello in the facts and its marks for the end rule; a verdict is sought
 * after every record. So nothing depends on the order in which the two directions arrive.
 */
#include "user/tls/handshake.h"

#include <stdlib.h>

#include "user/tls/alert.h"
#include "user/tls/client_hello.h"
#include "user/tls/end_rule.h"
#include "user/tls/server_hello.h"
#include "user/tls/side.h"

struct cs_handshake {
    struct cs_tls_facts facts;
    struct cs_side client;
    struct cs_side server;
    struct cs_marks client_marks;
    struct cs_marks server_marks;
};

struct cs_handshake *cs_handshake_new(void)
{
    struct cs_handshake *handshake = calloc(1, sizeof(*handshake));

    if (handshake) {
        handshake->facts.alert = CS_ALERT_NONE;
        handshake->facts.resumed = -1;
        handshake->client.direction = CS_FROM_CLIENT;
        handshake->server.direction = CS_FROM_SERVER;
    }
    return handshake;
}

static bool is_over(const struct cs_handshake *handshake)
{
    return handshake->facts.state > CS_TLS_OPEN;
}

static void finish(struct cs_handshake *handshake, enum cs_tls_state state)
{
    handshake->facts.state = state;
    cs_side_wipe(&handshake->client);
    cs_side_wipe(&handshake->server);
}

static void note_alert(struct cs_tls_facts *facts, __s16 description, __u64 ts_ns, bool from_server)
{
    facts->alert = description;
    facts->alert_ns = ts_ns;
    facts->alert_from_server = from_server;
}

static void on_client_hello(struct cs_handshake *handshake, struct cs_side *client)
{
    const struct cs_message *hello = &client->message;
    bool read = cs_client_hello_read(hello->body, hello->body_bytes, &handshake->facts);
    bool cut = client->hello_cut;

    client->hello_done = true; /* one after a HelloRetryRequest tells nothing new */
    cs_side_take_hello(client);
    if (read || cut)
        handshake->facts.state = CS_TLS_OPEN;
    else
        finish(handshake, CS_TLS_NOT_TLS);
}

static void on_server_hello(struct cs_handshake *handshake, struct cs_side *server)
{
    struct cs_tls_facts *facts = &handshake->facts;
    const struct cs_message *hello = &server->message;

    /* Cut before supported_versions, TLS 1.3 would look like 1.2: rather know nothing. */
    bool read = !server->hello_cut && cs_server_hello_read(hello->body, hello->body_bytes, facts);

    if (facts->version)
        facts->server_hello_ns = server->hello_ns;
    server->hello_done = !read || facts->version;
    cs_side_take_hello(server);
}

static void on_alert(struct cs_handshake *handshake, const struct cs_side *side)
{
    __u8 description = side->alert[1];
    bool fatal = cs_alert_is_fatal(side->alert[0], description, handshake->facts.version);

    if (fatal || description == CS_ALERT_CLOSE_NOTIFY)
        note_alert(&handshake->facts, description, side->alert_ns,
                   side->direction == CS_FROM_SERVER);
    if (fatal)
        finish(handshake, CS_TLS_FAILED);
}

/* Up to TLS 1.2 an alert after ChangeCipherSpec has the type of one, but cannot be read. */
static void on_alert_record(struct cs_handshake *handshake, const struct cs_side *side)
{
    const struct cs_record_header *record = &side->walk.record;

    if (!side->encrypts || record->length <= CS_ALERT_BYTES)
        return;
    note_alert(&handshake->facts, CS_ALERT_ENCRYPTED, record->header_ns,
               side->direction == CS_FROM_SERVER);
    finish(handshake, CS_TLS_FAILED);
}

static void judge(struct cs_handshake *handshake)
{
    const struct cs_marks *client = &handshake->client_marks;
    const struct cs_marks *server = &handshake->server_marks;
    struct cs_tls_facts *facts = &handshake->facts;
    struct cs_verdict verdict = cs_end_rule(client, server, facts->version, facts->cipher);

    if (facts->version && facts->version < CS_TLS_1_3)
        facts->resumed = cs_marks_resumed(client, server);
    if (verdict.kind == CS_VERDICT_DONE) {
        facts->end_ns = verdict.ts_ns;
        finish(handshake, CS_TLS_DONE);
    } else if (verdict.kind == CS_VERDICT_ALERT) {
        note_alert(facts, CS_ALERT_ENCRYPTED, verdict.ts_ns, verdict.from_server);
        finish(handshake, CS_TLS_FAILED);
    }
}

static void on_record(struct cs_handshake *handshake, struct cs_side *side)
{
    bool from_client = side->direction == CS_FROM_CLIENT;
    struct cs_marks *marks = from_client ? &handshake->client_marks : &handshake->server_marks;
    const struct cs_record_header *record = &side->walk.record;

    switch (record->type) {
    case CS_RECORD_CCS:
        side->encrypts = true;
        if (!marks->ccs_ns)
            marks->ccs_ns = record->header_ns;
        break;
    case CS_RECORD_ALERT:
        on_alert_record(handshake, side);
        break;
    case CS_RECORD_HANDSHAKE:
        if (from_client && !side->hello_done)
            handshake->facts.client_hello_ns = side->hello_ns;
        else if (side->encrypts && !marks->finished_ns)
            marks->finished_ns = record->header_ns;
        break;
    case CS_RECORD_DATA:
        cs_marks_add_data(marks, record->header_ns, record->length);
        break;
    }
}

static void on_hello(struct cs_handshake *handshake, struct cs_side *side)
{
    if (side->direction == CS_FROM_CLIENT)
        on_client_hello(handshake, side);
    else
        on_server_hello(handshake, side);
}

/* From a server it is an answer in plain text: the client's alert or close will judge it. */
static void on_garbage(struct cs_handshake *handshake, struct cs_side *side)
{
    if (side->direction == CS_FROM_CLIENT)
        finish(handshake, CS_TLS_NOT_TLS);
    else
        cs_side_wipe(side);
}

static void drain(struct cs_handshake *handshake, struct cs_side *side)
{
    while (!is_over(handshake)) {
        switch (cs_side_next(side)) {
        case CS_SIDE_NOTHING:
            return;
        case CS_SIDE_GARBAGE:
            on_garbage(handshake, side);
            return;
        case CS_SIDE_RECORD:
            on_record(handshake, side);
            break;
        case CS_SIDE_HELLO:
            on_hello(handshake, side);
            break;
        case CS_SIDE_ALERT:
            on_alert(handshake, side);
            break;
        }
        if (!is_over(handshake))
            judge(handshake);
    }
}

void cs_handshake_chunk(struct cs_handshake *handshake, const struct cs_event_chunk *chunk)
{
    bool from_server = chunk->direction == CS_FROM_SERVER;
    struct cs_side *client = &handshake->client;
    struct cs_side *side = from_server ? &handshake->server : client;

    if (is_over(handshake))
        return;
    cs_stream_add(&side->stream, chunk);
    drain(handshake, side);

    /* A server answers only a whole ClientHello: what is missing of it by now was not captured. */
    if (!is_over(handshake) && handshake->server.stream.started && cs_side_cut_hello(client)) {
        on_client_hello(handshake, client);
        drain(handshake, client);
    }
}

const struct cs_tls_facts *cs_handshake_facts(const struct cs_handshake *handshake)
{
    return &handshake->facts;
}

void cs_handshake_free(struct cs_handshake *handshake)
{
    if (!handshake)
        return;
    cs_side_wipe(&handshake->client);
    cs_side_wipe(&handshake->server);
    free(handshake);
}
