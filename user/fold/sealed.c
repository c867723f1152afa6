/* SPDX-License-Identifier: MIT */
/*
 * Records that are no request and no response: alerts (in TLS 1.3 known by their length), and
 * session tickets (RFC 8446 section 4.6.1), which a server sends before its first response. What
 * comes before any request is a ticket, and what has its length a second one. Else two of one
 * length, together at the start of what it sends, are tickets; a single one is not told from the
 * response, which is flagged where the next record came later, or none at all. A client's turn
 * that begins with a KeyUpdate has asked for nothing yet, and a server's of just the length of "100
 * Continue" has not answered if the client goes on.
 */
#include "user/fold/sealed.h"

#include <string.h>

#include "user/tls/cipher.h"
#include "user/tls/facts.h"

enum {
    HEADER_BYTES = 5,
    ALERT = 21,
    APPLICATION_DATA = 23,
    ALERT_BYTES = 2, /* level, description */
    REKEY_BYTES = 5, /* a handshake message's header, and whether the peer is asked, too */
    TICKET_MAX_BYTES = 2048,
    RECORD_MAX_BYTES = 16384,
    TICKETS = 2, /* most servers send no more: then a record of that length is the response */
    TOGETHER_NS = 10000000, /* they leave in one flight */
};

void cs_sealed_init(struct cs_sealed *sealed, uint16_t version, uint16_t cipher)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n"; /* nobody says more */
    uint16_t growth = cs_cipher_growth_bytes(version, cipher);

    *sealed = (struct cs_sealed){
        .is_tls13 = version >= CS_TLS_1_3,
        .alert_bytes = (uint16_t)(ALERT_BYTES + growth),
        .rekey_bytes = (uint16_t)(REKEY_BYTES + growth),
        .interim_bytes = growth ? (uint16_t)(strlen(interim) + growth) : 0,
    };
}

static uint16_t length_of(const uint8_t *header)
{
    return (uint16_t)(header[3] << 8 | header[4]);
}

static bool is_alert(const struct cs_sealed *sealed, const uint8_t *header)
{
    return header[0] == ALERT || (sealed->is_tls13 && header[0] == APPLICATION_DATA &&
                                  length_of(header) == sealed->alert_bytes);
}

static bool is_data(const struct cs_sealed *sealed, const uint8_t *header)
{
    return header[0] == APPLICATION_DATA && !is_alert(sealed, header);
}

/* No request and no response is that short; the last chunk of one is. */
static bool is_rekey(const struct cs_sealed *sealed, const uint8_t *header)
{
    return sealed->is_tls13 && length_of(header) == sealed->rekey_bytes;
}

/* A packet without a header that could be read goes on with a record, or begins one. */
static bool has_request(const struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    for (unsigned at = 0; at + HEADER_BYTES <= event->data_bytes; at += HEADER_BYTES) {
        const uint8_t *header = event->data + at;

        if (is_data(sealed, header) && !is_rekey(sealed, header))
            return true;
    }
    return event->data_bytes == 0;
}

/* A record that came alone: it is told before it counts. */
static bool is_alone(const struct cs_event_turn *event)
{
    return event->data_bytes == HEADER_BYTES && event->offset == event->end[event->direction];
}

/* Two bytes of a body are as long as an alert: it is one if it stays the
 * last that the server says, or follows the client's. So is a KeyUpdate told from a last chunk. */
static void note_aside(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    bool is_sure = !sealed->has_asked;

    if (!is_alone(event) ||
        !(is_alert(sealed, event->data) || (is_sure && is_rekey(sealed, event->data))))
        return;
    sealed->aside.begin = event->offset;
    sealed->aside.end = event->offset + HEADER_BYTES + length_of(event->data);
    sealed->aside.before_ns = event->last_ns[CS_FROM_SERVER];
    sealed->aside.is_sure = is_sure;
}

/* The response ends with what the server said last, but for the alert of its close. */
static void end_response(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    struct cs_http_exchange *exchange = &sealed->open;
    bool is_last = event->news == CS_TURN_END || event->news == CS_TURN_EOF;
    uint64_t end = event->end[CS_FROM_SERVER];

    exchange->response_end_ns = event->last_ns[CS_FROM_SERVER];
    if (end == sealed->aside.end && (sealed->aside.is_sure || is_last)) {
        exchange->response_end_ns = sealed->aside.before_ns;
        end = sealed->aside.begin;
    }
    exchange->response_bytes = end - sealed->begin[CS_FROM_SERVER];
}

static void note_request(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    sealed->open.request_end_ns = event->last_ns[CS_FROM_CLIENT];
    sealed->open.request_bytes = event->end[CS_FROM_CLIENT] - sealed->begin[CS_FROM_CLIENT];
}

static void complete(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    struct cs_http_exchange *exchange = &sealed->open;

    if (!sealed->is_open)
        return;
    if (!exchange->request_end_ns)
        note_request(sealed, event);
    if (!exchange->headers_ns && sealed->tickets)
        exchange->flags |= CS_HTTP_LOST; /* a response that looks like tickets */
    else if (sealed->tickets && !sealed->has_answered)
        exchange->flags |= CS_HTTP_TICKET; /* nothing else came */
    if (exchange->headers_ns) {
        end_response(sealed, event);
        sealed->has_answered = true;
    }
    sealed->done = *exchange;
    sealed->is_done = true;
    sealed->is_open = false;
}

/* The client goes on with a record that it was in the middle of: what came meanwhile was a ticket.
 */
static bool is_cut_by_ticket(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (event->data_bytes || sealed->tickets != 1 || sealed->has_answered)
        return false;
    sealed->early_tickets = 1;
    return true;
}

/* So it does behind a 100 (Continue): it is the same request. */
static bool is_continued(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (!sealed->interim.end || sealed->interim.end != event->end[CS_FROM_SERVER])
        return false;
    sealed->open.interim_ns = sealed->interim.ns;
    return true;
}

static bool goes_on(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (!is_continued(sealed, event) && !is_cut_by_ticket(sealed, event))
        return false;
    sealed->open.headers_ns = 0;
    sealed->open.flags &= ~(uint32_t)CS_HTTP_TICKET;
    sealed->tickets = 0;
    return true;
}

/* Nothing came but what may be a ticket, and the client goes on: between two records of one
 * request, if it has a body. */
static bool may_be_upload(const struct cs_sealed *sealed)
{
    return sealed->is_open && sealed->tickets && !sealed->has_answered &&
           sealed->open.request_bytes > RECORD_MAX_BYTES;
}

static void on_client(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    uint32_t flags;

    if (event->news == CS_TURN_BEGIN)
        sealed->has_asked = false;
    if (sealed->has_asked && is_alone(event) && is_alert(sealed, event->data))
        note_request(sealed, event); /* what it closes with is no part of it */
    if (sealed->has_asked || !has_request(sealed, event))
        return;
    sealed->has_asked = true;
    if (sealed->is_open && (!sealed->open.headers_ns || goes_on(sealed, event)))
        return; /* nothing was said in between */
    flags = may_be_upload(sealed) ? CS_HTTP_TICKET : 0;
    complete(sealed, event);
    sealed->begin[CS_FROM_CLIENT] = event->end[CS_FROM_CLIENT];
    sealed->tickets = 0;
    sealed->interim.end = 0;
    sealed->is_open = true;
    sealed->open = (struct cs_http_exchange){
        .version = CS_HTTP_1_1,
        .flags = flags,
        .request_start_ns = event->event.ts_ns,
        .body_bytes = CS_HTTP_UNKNOWN_BYTES,
        .url = {.scheme = "https"},
    };
}

/* Nobody has asked yet. */
static void note_tickets(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    for (unsigned at = 0; at + HEADER_BYTES <= event->data_bytes; at += HEADER_BYTES) {
        if (!is_data(sealed, event->data + at))
            continue;
        sealed->ticket_bytes = length_of(event->data + at);
        sealed->ticket_ns = event->event.ts_ns;
        sealed->early_tickets++;
    }
    sealed->has_answered |= sealed->early_tickets >= TICKETS;
}

/* The first of those alike may be the response yet, but not if one came before. */
static bool is_ticket(const struct cs_sealed *sealed, uint16_t length, uint64_t now_ns)
{
    unsigned before = sealed->tickets + sealed->early_tickets;

    return before && before < TICKETS && length == sealed->ticket_bytes &&
           now_ns <= sealed->ticket_ns + TOGETHER_NS;
}

/* The first of the response, but for a ticket. */
static bool may_be_interim(const struct cs_sealed *sealed, uint16_t length)
{
    return length == sealed->interim_bytes &&
           (!sealed->open.headers_ns || (sealed->tickets && !sealed->has_answered));
}

/* A record of the server at `offset`. */
static void on_record(struct cs_sealed *sealed, const struct cs_event_turn *event,
                      const uint8_t *header, uint64_t offset)
{
    uint16_t length = length_of(header);
    bool may_be_ticket = sealed->is_tls13 && !sealed->has_answered && length <= TICKET_MAX_BYTES;

    if (!is_data(sealed, header) || (!sealed->open.headers_ns && is_rekey(sealed, header)))
        return;
    if (may_be_interim(sealed, length)) {
        sealed->interim.ns = event->event.ts_ns;
        sealed->interim.end = offset + HEADER_BYTES + length;
        may_be_ticket = false;
    }
    if (may_be_ticket && is_ticket(sealed, length, event->event.ts_ns)) {
        sealed->tickets++;
        sealed->open.headers_ns = 0; /* the first was none of the response either */
        return;
    }
    if (may_be_ticket && !sealed->tickets && !sealed->early_tickets) {
        sealed->tickets = 1;
        sealed->ticket_bytes = length;
        sealed->ticket_ns = event->event.ts_ns;
    } else {
        if (sealed->tickets == 1 && sealed->open.headers_ns && !sealed->has_answered &&
            event->event.ts_ns > sealed->open.headers_ns)
            sealed->open.flags |= CS_HTTP_TICKET;
        sealed->has_answered = true;
    }
    if (!sealed->open.headers_ns) {
        sealed->open.headers_ns = event->event.ts_ns;
        if (!sealed->open.interim_ns)
            sealed->begin[CS_FROM_SERVER] = offset;
    }
}

static void on_server(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    uint64_t offset = event->offset;

    if (event->news == CS_TURN_BEGIN && sealed->has_asked)
        note_request(sealed, event);
    note_aside(sealed, event);
    for (unsigned at = 0; at + HEADER_BYTES <= event->data_bytes; at += HEADER_BYTES) {
        const uint8_t *header = event->data + at;

        on_record(sealed, event, header, offset);
        offset += HEADER_BYTES + (uint64_t)length_of(header);
    }
}

void cs_sealed_add(struct cs_sealed *sealed, const struct cs_event_turn *event)
{
    if (event->direction == CS_FROM_CLIENT)
        on_client(sealed, event);
    else if (sealed->is_open)
        on_server(sealed, event);
    else
        note_tickets(sealed, event);
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
    if (sealed->is_open && !sealed->open.headers_ns)
        sealed->open.flags |= CS_HTTP_NO_RESPONSE;
    complete(sealed, last);
}
