/* SPDX-License-Identifier: MIT */
/*
 * Records that are no request and no response: alerts (in TLS 1.3 known by their length), and
 * session tickets (RFC 8446 section 4.6.1), which a server sends before its first response. Two or
 * more of one length, at the start of what it sends, are tickets; a single one is not told from the
 * response, which matters where the next record came later, and is flagged then.
 */
#include "user/fold/sealed.h"

#include "user/tls/cipher.h"
#include "user/tls/facts.h"

enum {
    HEADER_BYTES = 5,
    APPLICATION_DATA = 23,
    ALERT_PLAINTEXT_BYTES = 3, /* level, description, content type */
    TICKET_MAX_BYTES = 2048,
};

void cs_sealed_init(struct cs_sealed *sealed, uint16_t version, uint16_t cipher)
{
    *sealed = (struct cs_sealed){
        .is_tls13 = version >= CS_TLS_1_3,
        .alert_bytes = (uint16_t)(ALERT_PLAINTEXT_BYTES + cs_cipher_tag_bytes(cipher)),
    };
}

static bool is_data(const struct cs_sealed *sealed, const uint8_t *header)
{
    uint16_t length = (uint16_t)(header[3] << 8 | header[4]);

    return header[0] == APPLICATION_DATA && !(sealed->is_tls13 && length == sealed->alert_bytes);
}

/* A packet without a header that could be read goes on with a record, or begins one. */
static bool has_data(const struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    for (unsigned at = 0; at + HEADER_BYTES <= event->data_bytes; at += HEADER_BYTES) {
        if (is_data(sealed, event->data + at))
            return true;
    }
    return event->data_bytes == 0;
}

static void complete(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    struct cs_http_exchange *exchange = &sealed->open;

    if (!sealed->is_open)
        return;
    if (!exchange->headers_ns && sealed->tickets)
        exchange->flags |= CS_HTTP_LOST; /* a response that looks like tickets */
    if (exchange->headers_ns) {
        exchange->response_end_ns = event->last_ns[CS_FROM_SERVER];
        exchange->response_bytes = event->end[CS_FROM_SERVER] - sealed->begin[CS_FROM_SERVER];
        sealed->has_answered = true;
    }
    sealed->done = *exchange;
    sealed->is_done = true;
    sealed->is_open = false;
}

static void on_client(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (event->news != CS_TURN_BEGIN || !has_data(sealed, event))
        return;
    if (sealed->is_open && !sealed->open.headers_ns)
        return; /* nothing was said in between: it goes on */
    complete(sealed, event);
    sealed->begin[CS_FROM_CLIENT] = event->end[CS_FROM_CLIENT];
    sealed->tickets = 0;
    sealed->is_open = true;
    sealed->open = (struct cs_http_exchange){
        .version = CS_HTTP_1_1,
        .request_start_ns = event->event.ts_ns,
        .body_bytes = CS_HTTP_UNKNOWN_BYTES,
        .url = {.scheme = "https"},
    };
}

/* The request is over when the server speaks. */
static void note_request(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    sealed->open.request_end_ns = event->last_ns[CS_FROM_CLIENT];
    sealed->open.request_bytes = event->end[CS_FROM_CLIENT] - sealed->begin[CS_FROM_CLIENT];
}

/* A record of the server at `offset`. */
static void on_record(struct cs_sealed *sealed, const struct cs_event_turn *event,
                      const uint8_t *header, uint64_t offset)
{
    uint16_t length = (uint16_t)(header[3] << 8 | header[4]);
    bool may_be_ticket = sealed->is_tls13 && !sealed->has_answered && length <= TICKET_MAX_BYTES;

    if (!is_data(sealed, header))
        return;
    if (may_be_ticket && sealed->tickets && length == sealed->ticket_bytes) {
        sealed->tickets++;
        sealed->open.headers_ns = 0; /* the first was none of the response either */
        return;
    }
    if (may_be_ticket && !sealed->tickets) {
        sealed->tickets = 1;
        sealed->ticket_bytes = length;
    } else {
        if (sealed->tickets == 1 && !sealed->has_answered &&
            event->event.ts_ns > sealed->open.headers_ns)
            sealed->open.flags |= CS_HTTP_TICKET;
        sealed->has_answered = true;
    }
    if (!sealed->open.headers_ns) {
        sealed->open.headers_ns = event->event.ts_ns;
        sealed->begin[CS_FROM_SERVER] = offset;
    }
}

static void on_server(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    uint64_t offset = event->offset;

    if (event->news == CS_TURN_BEGIN)
        note_request(sealed, event);
    for (unsigned at = 0; at + HEADER_BYTES <= event->data_bytes; at += HEADER_BYTES) {
        const uint8_t *header = event->data + at;

        on_record(sealed, event, header, offset);
        offset += HEADER_BYTES + (uint64_t)(header[3] << 8 | header[4]);
    }
}

void cs_sealed_add(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (event->direction == CS_FROM_CLIENT)
        on_client(sealed, event);
    else if (sealed->is_open)
        on_server(sealed, event);
    else
        sealed->has_answered = true; /* nobody asked: these were the tickets */
}

bool cs_sealed_next(struct cs_sealed *sealed, struct cs_http_exchange *exchange)
{
    if (!sealed->is_done)
        return false;
    sealed->is_done = false;
    *exchange = sealed->done;
    return true;
}

void cs_sealed_close(struct cs_sealed *sealed, const struct cs_event_turn *last)
{
    if (sealed->is_open && !sealed->open.headers_ns && !sealed->tickets)
        sealed->open.flags |= CS_HTTP_NO_RESPONSE;
    complete(sealed, last);
}
