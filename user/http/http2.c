/* SPDX-License-Identifier: MIT */
/* Frames in, exchanges out. What a frame is, is frames.c's. */
#include "user/http/http2.h"

#include <ctype.h>
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "user/http/field.h"

enum {
    OPEN_MAX = 1024, /* streams at once: servers allow 100 to 250 */
    SETTING_TABLE_BYTES = 1,
    UNSEEN_TABLE_BYTES = 65536, /* what a server is known to allow */
    FLAG_ACK = 0x1,
};

/* A turn while it is read. */
struct reading {
    struct cs_http2 *http2;
    struct cs_http_context *context;
    enum cs_direction direction;
    int err;
};

static enum cs_direction opposite(enum cs_direction direction)
{
    return direction == CS_FROM_CLIENT ? CS_FROM_SERVER : CS_FROM_CLIENT;
}

/* ---- fields --------------------------------------------------------------------------------- */

static bool is_named(const char *expected, const char *name, size_t length)
{
    return strlen(expected) == length && memcmp(expected, name, length) == 0;
}

static void read_scheme(struct cs_url *url, const char *value, size_t length)
{
    if (length >= sizeof(url->scheme))
        return;
    for (size_t i = 0; i < length; i++) {
        if (!isalpha((unsigned char)value[i]))
            return;
    }
    for (size_t i = 0; i < length; i++)
        url->scheme[i] = (char)tolower((unsigned char)value[i]);
    url->scheme[length] = '\0';
}

/* The target replaces the whole URL, and the other parts may have come before it. */
static void read_path(struct cs_url *url, const char *value, size_t length, enum cs_url_parts parts)
{
    struct cs_url before = *url;

    if (length && value[0] == '/')
        cs_url_read_target(url, value, length, parts);
    memcpy(url->scheme, before.scheme, sizeof(before.scheme));
    memcpy(url->authority, before.authority, sizeof(before.authority));
}

static void read_status(struct cs_http_exchange *block, const char *value, size_t length)
{
    if (length != 3 || value[0] < '1')
        return;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)value[i]))
            return;
    }
    block->status = (uint16_t)((value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0');
}

static void read_fetch(struct cs_http_fetch *fetch, const char *name, size_t name_length,
                       const char *value, size_t length)
{
    if (is_named("origin", name, name_length))
        cs_fetch_read_origin(fetch, value, length);
    else if (is_named("referer", name, name_length))
        cs_fetch_read_referer(fetch, value, length);
    else if (is_named("timing-allow-origin", name, name_length))
        cs_fetch_add_allow(fetch, value, length);
}

static void read_field(void *context, const char *name, size_t name_length, const char *value,
                       size_t length)
{
    struct reading *reading = context;
    struct cs_http_exchange *block = &reading->http2->block;

    if (is_named(":method", name, name_length))
        cs_http_method_set(block->method, value, length);
    else if (is_named(":scheme", name, name_length))
        read_scheme(&block->url, value, length);
    else if (is_named(":path", name, name_length))
        read_path(&block->url, value, length, reading->context->parts);
    else if (is_named(":authority", name, name_length) || is_named("host", name, name_length))
        cs_url_add_host(&block->url, value, length);
    else if (is_named(":status", name, name_length))
        read_status(block, value, length);
    else if (is_named("content-type", name, name_length))
        cs_http_type_set(block->content_type, value, length);
    else if (is_named("content-encoding", name, name_length))
        cs_http_encoding_add(block->content_encoding, value, length);
    else
        read_fetch(&block->fetch, name, name_length, value, length);
}

/* ---- settings ------------------------------------------------------------------------------- */

static void read_setting(void *context, uint16_t id, uint32_t value)
{
    struct reading *reading = context;
    struct cs_http2_settings *settings = &reading->http2->settings[opposite(reading->direction)];

    if (id != SETTING_TABLE_BYTES)
        return;
    settings->has_table_bytes = true;
    settings->table_bytes = value;
}

static void lose(struct reading *reading)
{
    reading->http2->frames[reading->direction].is_lost = true;
}

/*
 * A server may speak first, when nobody knows yet that this is HTTP/2. Of the table that its
 * SETTINGS allow an encoder makes use only by saying so (RFC 7541 section 4.2).
 */
static bool is_of_unseen(struct reading *reading, struct cs_http2_settings *settings)
{
    struct cs_hpack *hpack = reading->http2->frames[reading->direction].hpack;

    if (settings->was_seen || reading->direction == CS_FROM_SERVER)
        return false;
    settings->was_seen = true;
    return cs_hpack_set_table_bytes(hpack, UNSEEN_TABLE_BYTES) == 0;
}

static void acknowledge(struct reading *reading)
{
    struct cs_http2_settings *settings = &reading->http2->settings[reading->direction];

    if (settings->count == 0) {
        if (!is_of_unseen(reading, settings))
            lose(reading);
        return;
    }
    if (settings->waiting[0].has_table_bytes &&
        cs_hpack_set_table_bytes(reading->http2->frames[reading->direction].hpack,
                                 settings->waiting[0].table_bytes))
        lose(reading);
    settings->count--;
    memmove(settings->waiting, settings->waiting + 1,
            settings->count * sizeof(settings->waiting[0]));
}

static void end_settings(struct reading *reading, const struct cs_frame *frame)
{
    struct cs_http2_settings *settings = &reading->http2->settings[opposite(reading->direction)];

    if (frame->flags & FLAG_ACK) {
        acknowledge(reading);
        return;
    }
    settings->was_seen = true;
    if (settings->count == CS_HTTP2_SETTINGS) { /* the peer's encoder cannot be followed then */
        reading->http2->frames[opposite(reading->direction)].is_lost = true;
        return;
    }
    settings->waiting[settings->count].has_table_bytes = settings->has_table_bytes;
    settings->waiting[settings->count++].table_bytes = settings->table_bytes;
    settings->has_table_bytes = false;
}

/* ---- streams -------------------------------------------------------------------------------- */

static struct cs_http_slot *find(const struct reading *reading, uint32_t stream_id)
{
    struct cs_http_slot *slot = reading->context->slots.open;

    while (slot && slot->exchange.stream_id != stream_id)
        slot = slot->next;
    return slot;
}

/* Too many at once: the oldest will hardly be answered any more. */
static void make_room(struct cs_http_context *context)
{
    if (context->slots.open_count < OPEN_MAX)
        return;
    context->slots.open->exchange.flags |= CS_HTTP_LOST;
    context->facts.losses++;
    cs_http_slot_done(&context->slots, context->slots.open);
}

static void open_stream(struct reading *reading, const struct cs_frame *frame, uint32_t stream_id,
                        bool is_first)
{
    struct cs_http_context *context = reading->context;
    struct cs_http_slot *slot;

    make_room(context);
    slot = cs_http_slot_open(&context->slots);
    if (!slot) {
        reading->err = -ENOMEM;
        return;
    }
    slot->exchange = reading->http2->block;
    slot->exchange.status = 0;
    slot->exchange.content_type[0] = slot->exchange.content_encoding[0] = '\0';
    slot->exchange.fetch.allow[0] = '\0';
    slot->exchange.version = CS_HTTP_2;
    slot->exchange.stream_id = stream_id;
    slot->exchange.is_first = is_first;
    slot->exchange.request_start_ns = frame->begin_ns;
    slot->exchange.request_end_ns = frame->end_ns;
    slot->exchange.request_bytes = frame->bytes;
    slot->exchange.body_bytes = CS_HTTP_UNKNOWN_BYTES;
    if (frame->type == CS_FRAME_PUSH_PROMISE)
        slot->exchange.flags |= CS_HTTP_PUSHED;
    if (reading->http2->frames[CS_FROM_SERVER].is_lost) {
        slot->exchange.flags |= CS_HTTP_LOST;
        cs_http_slot_done(&context->slots, slot);
    }
}

static void count_request(struct cs_http_slot *slot, const struct cs_frame *frame)
{
    slot->exchange.request_bytes += frame->bytes;
    slot->exchange.request_end_ns = frame->end_ns;
}

/* Streams of a client are odd and only grow (RFC 9113 section 5.1.1): HEADERS of any other are
 * trailers, or of a stream that is over. */
static void end_of_client(struct reading *reading, const struct cs_frame *frame)
{
    struct cs_http_slot *slot = find(reading, frame->stream_id);
    bool is_new = frame->type == CS_FRAME_HEADERS && frame->stream_id % 2 == 1 &&
                  frame->stream_id > reading->http2->last_stream_id;

    if (is_new) {
        open_stream(reading, frame, frame->stream_id, !reading->http2->last_stream_id);
        reading->http2->last_stream_id = frame->stream_id;
    } else if (slot && (frame->type == CS_FRAME_HEADERS || frame->type == CS_FRAME_DATA)) {
        count_request(slot, frame);
    }
}

static void answer(struct cs_http_slot *slot, const struct cs_http_exchange *block,
                   const struct cs_frame *frame)
{
    struct cs_http_exchange *exchange = &slot->exchange;

    if (exchange->status || !block->status) /* trailers */
        return;
    if (block->status < 200) {
        if (!exchange->interim_ns)
            exchange->interim_ns = frame->begin_ns;
        return;
    }
    exchange->status = block->status;
    exchange->headers_ns = frame->begin_ns;
    exchange->body_bytes = 0;
    memcpy(exchange->content_type, block->content_type, sizeof(exchange->content_type));
    memcpy(exchange->content_encoding, block->content_encoding, sizeof(exchange->content_encoding));
    memcpy(exchange->fetch.allow, block->fetch.allow, sizeof(exchange->fetch.allow));
    if (!strcmp(exchange->method, "CONNECT") && block->status < 300)
        exchange->flags |= CS_HTTP_TUNNEL;
}

static void count_data(struct cs_http_exchange *exchange, const struct cs_frame *frame)
{
    if (frame->data_bytes == CS_FRAME_UNKNOWN_BYTES)
        exchange->body_bytes = CS_HTTP_UNKNOWN_BYTES;
    else if (exchange->body_bytes != CS_HTTP_UNKNOWN_BYTES)
        exchange->body_bytes += frame->data_bytes;
}

static void end_of_server(struct reading *reading, const struct cs_frame *frame)
{
    struct cs_http_slot *slot = find(reading, frame->stream_id);

    if (frame->type == CS_FRAME_PUSH_PROMISE)
        open_stream(reading, frame, frame->promised_id, false);
    if (!slot || (frame->type != CS_FRAME_HEADERS && frame->type != CS_FRAME_DATA))
        return;
    slot->exchange.response_bytes += frame->bytes;
    slot->exchange.response_end_ns = frame->end_ns;
    if (frame->type == CS_FRAME_HEADERS)
        answer(slot, &reading->http2->block, frame);
    else
        count_data(&slot->exchange, frame);
    if (frame->ends_stream)
        cs_http_slot_done(&reading->context->slots, slot);
}

static void break_off(struct cs_http_context *context, struct cs_http_slot *slot)
{
    slot->exchange.flags |= slot->exchange.status ? CS_HTTP_INCOMPLETE : CS_HTTP_NO_RESPONSE;
    cs_http_slot_done(&context->slots, slot);
}

/* A server may also reset what it has answered in full (RFC 9113 section 8.1): that is no open slot
 * any more. */
static void reset_stream(struct reading *reading, struct cs_http_slot *slot,
                         const struct cs_frame *frame)
{
    slot->exchange.reset =
        reading->direction == CS_FROM_CLIENT ? CS_HTTP_RESET_BY_CLIENT : CS_HTTP_RESET_BY_SERVER;
    if (frame->error != CS_FRAME_UNKNOWN_ERROR)
        slot->exchange.reset_reason = nghttp2_http2_strerror(frame->error);
    slot->exchange.response_end_ns = frame->end_ns;
    break_off(reading->context, slot);
}

static void end_frame(void *context, const struct cs_frame *frame)
{
    struct reading *reading = context;
    struct cs_http_slot *slot = find(reading, frame->stream_id);

    if (frame->type == CS_FRAME_SETTINGS)
        end_settings(reading, frame);
    else if (frame->type == CS_FRAME_RST_STREAM && slot)
        reset_stream(reading, slot, frame);
    else if (reading->direction == CS_FROM_CLIENT)
        end_of_client(reading, frame);
    else
        end_of_server(reading, frame);
    if (frame->type == CS_FRAME_HEADERS || frame->type == CS_FRAME_PUSH_PROMISE)
        reading->http2->block = (struct cs_http_exchange){0};
}

/* ---- the whole ------------------------------------------------------------------------------ */

int cs_http2_begin(struct cs_http2 *http2)
{
    int err;

    memset(http2, 0, sizeof(*http2));
    err = cs_frames_begin(&http2->frames[CS_FROM_CLIENT], true);
    return err ? err : cs_frames_begin(&http2->frames[CS_FROM_SERVER], false);
}

static void note_loss(struct cs_http2 *http2, struct cs_http_context *context)
{
    if (http2->frames[CS_FROM_SERVER].is_lost)
        cs_http_slots_done(&context->slots, CS_HTTP_LOST);
    context->facts.losses++;
    context->facts.is_lost = true;
}

void cs_http2_lose(struct cs_http2 *http2, struct cs_http_context *context,
                   enum cs_direction direction)
{
    if (http2->frames[direction].is_lost)
        return;
    http2->frames[direction].is_lost = true;
    note_loss(http2, context);
}

int cs_http2_add(struct cs_http2 *http2, struct cs_http_context *context,
                 const struct cs_http_seen *seen)
{
    static const struct cs_frame_calls calls = {read_field, read_setting, end_frame};
    struct reading reading = {http2, context, seen->turn->direction, 0};
    bool was_lost[CS_DIRECTION_COUNT];

    for (int i = 0; i < CS_DIRECTION_COUNT; i++)
        was_lost[i] = http2->frames[i].is_lost;
    cs_frames_read(&http2->frames[reading.direction], seen, &calls, &reading);
    for (int i = 0; i < CS_DIRECTION_COUNT; i++) {
        if (http2->frames[i].is_lost && !was_lost[i])
            note_loss(http2, context);
    }
    return reading.err;
}

void cs_http2_close(struct cs_http_context *context)
{
    while (context->slots.open)
        break_off(context, context->slots.open);
}

void cs_http2_end(struct cs_http2 *http2)
{
    for (int i = 0; i < CS_DIRECTION_COUNT; i++)
        cs_frames_end(&http2->frames[i]);
}

bool cs_http2_is_server(const uint8_t *data, size_t length)
{
    return length >= CS_FRAME_HEADER_BYTES && data[0] == 0 && data[3] == CS_FRAME_SETTINGS &&
           data[4] == 0 && memcmp(data + 5, "\0\0\0\0", 4) == 0 &&
           (data[1] << 8 | data[2]) % 6 == 0;
}
