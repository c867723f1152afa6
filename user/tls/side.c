/* SPDX-License-Identifier: MIT */
/*
 * The walk of one direction. Where bytes are missing it waits, unless a later chunk is known to
 * start a record: then it goes on there, with what it has.
 */
#include "user/tls/side.h"

/* Is what came first a hello? Settles where the stream begins. */
static enum cs_opening open_stream(struct cs_side *side)
{
    __u8 bytes[CS_OPENING_BYTES];
    struct cs_stream *stream = &side->stream;
    enum cs_opening opening;

    do {
        size_t length = cs_stream_peek(stream, bytes, sizeof(bytes));

        opening = cs_record_opening(bytes, length, side->direction);
    } while (opening == CS_OPENING_NO && cs_stream_resync(stream));

    stream->started = opening == CS_OPENING_YES;
    /* Bytes that cannot open may be the middle of a hello whose beginning is still to come. */
    if (opening == CS_OPENING_NO && stream->next != 0 && !stream->overflow)
        opening = CS_OPENING_SHORT;
    return opening;
}

static bool gathers_alert(const struct cs_side *side)
{
    return side->walk.record.type == CS_RECORD_ALERT && side->alert_bytes < CS_ALERT_BYTES;
}

static bool gathers_hello(const struct cs_side *side)
{
    return side->walk.record.type == CS_RECORD_HANDSHAKE && !side->hello_done;
}

static enum cs_side_event add_to_alert(struct cs_side *side, const struct cs_span *span)
{
    side->alert[side->alert_bytes++] = span->data[0];
    side->alert_ns = span->ts_ns;
    cs_record_skip(&side->walk, &side->stream, 1);
    return side->alert_bytes == CS_ALERT_BYTES ? CS_SIDE_ALERT : CS_SIDE_NOTHING;
}

static enum cs_side_event add_to_hello(struct cs_side *side, const struct cs_span *span)
{
    __u8 hello_type =
        side->direction == CS_FROM_CLIENT ? CS_MESSAGE_CLIENT_HELLO : CS_MESSAGE_SERVER_HELLO;
    size_t taken = cs_message_add(&side->message, span->data, span->length);

    cs_record_skip(&side->walk, &side->stream, taken);
    if (side->message.header[0] != hello_type)
        cs_side_take_hello(side);
    else if (cs_message_is_whole(&side->message))
        return CS_SIDE_HELLO;
    return CS_SIDE_NOTHING;
}

static void begin_record(struct cs_side *side)
{
    const struct cs_record_header *record = &side->walk.record;

    if (record->type == CS_RECORD_HANDSHAKE && side->message.header_bytes == 0)
        side->hello_ns = record->first_ns;
    if (record->type == CS_RECORD_ALERT) {
        bool readable = !side->encrypts || record->length <= CS_ALERT_BYTES;

        side->alert_bytes = readable ? 0 : CS_ALERT_BYTES;
    }
}

/* The next event that the bytes in order give. */
static enum cs_side_event step(struct cs_side *side)
{
    enum cs_side_event event = CS_SIDE_NOTHING;
    struct cs_span span;

    while (side->walk.body_left && (gathers_alert(side) || gathers_hello(side))) {
        if (!cs_record_span(&side->walk, &side->stream, &span))
            return CS_SIDE_NOTHING;
        event = gathers_alert(side) ? add_to_alert(side, &span) : add_to_hello(side, &span);
        if (event != CS_SIDE_NOTHING)
            return event;
    }
    if (!cs_record_next(&side->walk, &side->stream))
        return CS_SIDE_NOTHING;
    begin_record(side);
    return CS_SIDE_RECORD;
}

enum cs_side_event cs_side_next(struct cs_side *side)
{
    enum cs_side_event event;

    if (!side->stream.started) {
        enum cs_opening opening = open_stream(side);

        if (opening != CS_OPENING_YES)
            return opening == CS_OPENING_NO ? CS_SIDE_GARBAGE : CS_SIDE_NOTHING;
    }
    event = step(side);
    while (event == CS_SIDE_NOTHING && cs_stream_resync(&side->stream)) {
        cs_record_restart(&side->walk);
        side->hello_cut = side->message.header_bytes > 0;
        event = side->hello_cut ? CS_SIDE_HELLO : step(side);
    }
    if (side->walk.lost) /* nothing that is held can be read any more */
        cs_stream_wipe(&side->stream);
    return event;
}

void cs_side_take_hello(struct cs_side *side)
{
    cs_message_drop(&side->message);
    cs_record_skip(&side->walk, &side->stream, side->walk.body_left);
    side->hello_cut = false;
}

bool cs_side_cut_hello(struct cs_side *side)
{
    side->hello_cut =
        side->message.header_bytes > 0 && cs_stream_reaches(&side->stream, side->walk.body_left);
    return side->hello_cut;
}

void cs_side_wipe(struct cs_side *side)
{
    cs_stream_wipe(&side->stream);
    cs_message_drop(&side->message);
}
