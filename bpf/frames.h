/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The frames of an HTTP/2 connection (RFC 9113 section 4.1), followed from its first byte to its
 * last: in clear, packet by packet, or as a program writes and reads them (plain.bpf.c). The header
 * of each is told, and of those that user space reads (header blocks, SETTINGS, RST_STREAM) the
 * payload. Of DATA and all others the payload is passed over unread. What they mean is user
 * space's.
 */
#pragma once

#include "packet.h"
#include "turn.h"

enum {
    FRAME_HEADER_BYTES = 9,
    FRAME_COPY_BYTES = 512,  /* in one step */
    FRAME_STEPS = 12,        /* of one record */
    FRAME_RECORDS = 64,      /* of one packet, each of 6 frames or more */
    FRAME_MAX_BYTES = 16384, /* whose payload is copied: SETTINGS_MAX_FRAME_SIZE unless raised */
    FRAME_STREAM_AT = 5,     /* of a header; what comes before is length, type and flags */
    FRAME_PADDED = 0x8,
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PUSH_PROMISE = 5,
    FRAME_CONTINUATION = 9,
};

/* How much of a frame's payload is told. */
static __always_inline __u32 frame_told(__u32 type, __u32 flags, __u32 length)
{
    const __u32 read = 1 << FRAME_HEADERS | 1 << FRAME_RST_STREAM | 1 << FRAME_SETTINGS |
                       1 << FRAME_PUSH_PROMISE | 1 << FRAME_CONTINUATION;

    if (type == FRAME_DATA)
        return flags & FRAME_PADDED && length ? 1 : 0; /* how much is padding */
    return type <= FRAME_CONTINUATION && read >> type & 1 ? length : 0;
}

/* The header is complete. */
static __always_inline void frame_begin(struct frames *frames)
{
    __u32 length = frames->header >> 16 & 0xffffff;

    frames->held = 0;
    frames->left = frame_told(frames->header >> 8 & 0xff, frames->header & 0xff, length);
    frames->skip = length - frames->left;
    if (frames->left > FRAME_MAX_BYTES)
        frames->is_lost = 1;
    if (!frames->left)
        frames->at += frames->skip;
}

/* Header bytes were copied to `bytes`: the whole of it, or the next one of a header that lies in
 * two packets. */
static __always_inline void frame_header(struct frames *frames, const __u8 *bytes, __u32 length)
{
    if (length == FRAME_HEADER_BYTES)
        frames->header = (__u64)bytes[0] << 32 | (__u64)bytes[1] << 24 | (__u64)bytes[2] << 16 |
                         (__u64)bytes[3] << 8 | bytes[4];
    else if (frames->held < FRAME_STREAM_AT)
        frames->header = frames->header << 8 | bytes[0];
    frames->held += length;
    if (frames->held >= FRAME_HEADER_BYTES)
        frame_begin(frames);
}

/* Bytes of a payload were copied. */
static __always_inline void frame_payload(struct frames *frames, __u32 length)
{
    frames->left -= length;
    if (frames->left)
        return;
    frames->at += frames->skip;
    frames->skip = 0;
}

/* How many bytes are told next, of `room` that are there: at least 1. */
static __always_inline __u32 frame_wants(const struct frames *frames, __u32 room)
{
    __u32 wanted = frames->left < FRAME_COPY_BYTES ? frames->left : FRAME_COPY_BYTES;

    if (!wanted)
        return frames->held || room < FRAME_HEADER_BYTES ? 1 : FRAME_HEADER_BYTES;
    return wanted < room ? wanted : room;
}

/* From the packet; without one, from the program's own memory. */
static __always_inline long frame_copy(struct __sk_buff *skb, bool in_packet, __u64 from, void *to,
                                       __u32 length)
{
    if (in_packet)
        return bpf_skb_load_bytes(skb, from, to, length);
    return bpf_probe_read_user(to, length, (const void *)from);
}

/* Copies what is told next; false: there is nothing, or no room in the record. Its state is all in
 * the map, so that a verifier sees each step alike. */
static __always_inline bool frame_step(struct __sk_buff *skb, bool in_packet, struct frames *frames,
                                       __u8 *data)
{
    __u64 at = frames->at - frames->packet;
    __u64 taken = frames->taken;
    __u32 length;

    barrier_var(taken); /* what is checked is what is used */
    if (at >= frames->length || frames->is_lost || taken > CS_TURN_BYTES - FRAME_COPY_BYTES)
        return 0;
    length = frame_wants(frames, frames->length - at);
    barrier_var(length);
    length = ((length - 1) & (FRAME_COPY_BYTES - 1)) + 1;
    if (frame_copy(skb, in_packet, frames->payload + at, data + taken, length)) {
        frames->is_lost = 1;
        return 0;
    }
    frames->at += length;
    frames->taken = taken + length;
    if (frames->left)
        frame_payload(frames, length);
    else
        frame_header(frames, data + taken, length);
    return 1;
}

/* How far the packet was walked. */
static __always_inline __u64 frames_reach(const struct frames *frames)
{
    __u64 end = frames->packet + frames->length;

    return frames->at < end ? frames->at : end;
}

/*
 * A packet of this direction. 1: frames_record() has something to tell of it. Of one that came too
 * early nothing is known but where it ends; when the bytes before it come, all it holds must have
 * been inside of frames that are passed over.
 */
static __always_inline bool frames_take(struct turns *turns, __u8 direction, __u64 offset,
                                        __u64 payload, __u64 length)
{
    struct frames *frames = &turns->frames[direction];
    __u64 end = offset + length;
    bool is_fresh = (__s64)(end - turns->end[direction]) > 0;

    if (is_fresh) {
        turns->end[direction] = end;
        turns->last_ns[direction] = bpf_ktime_get_ns();
    }
    if (frames->is_lost || frames->at < offset || frames->at > end ||
        (frames->at == end && !is_fresh))
        return 0;
    frames->packet = offset;
    frames->payload = payload;
    frames->length = length;
    frames->records = 0;
    return 1;
}

/* After a record: is there more to tell of the packet? */
static __always_inline bool frames_go_on(const struct turns *turns, struct frames *frames,
                                         __u8 direction)
{
    if (frames->is_lost)
        return 0;
    if (frames->at < frames->packet + frames->length && ++frames->records < FRAME_RECORDS)
        return 1;
    if (frames->at < turns->end[direction & 1])
        frames->is_lost = 1;
    return 0;
}

/*
 * One record of the packet, which holds the place that was come to, or ends there. 1: there is more
 * to tell. To be verified by itself, and called in a loop of FRAME_RECORDS.
 */
static __always_inline int frames_record(struct __sk_buff *skb, bool in_packet, struct turns *turns,
                                         __u32 direction)
{
    struct frames *frames = &turns->frames[direction & 1];
    struct cs_event_turn *record =
        emit_reserve(sizeof(*record) + CS_TURN_BYTES + 8, CS_LOSS_RING_TURN);
    __u64 offset, taken;
    bool goes_on;

    if (!record) {
        frames->is_lost = 1;
        return 0;
    }
    offset = frames->at;
    frames->taken = 0;
    for (__u32 i = 0; i < FRAME_STEPS && frame_step(skb, in_packet, frames, record->data); i++)
        ;
    taken = frames->taken;
    barrier_var(taken);
    if (taken <= CS_TURN_BYTES)
        __builtin_memset(record->data + taken, 0, 8); /* what pads the record on a tape */
    goes_on = frames_go_on(turns, frames, direction);
    turns_fill_end(record, turns, CS_TURN_FRAMES, bpf_ktime_get_ns());
    record->direction = direction & 1;
    record->offset = offset;
    record->end[direction & 1] = frames_reach(frames);
    record->event.size_bytes = sizeof(*record) + ((taken + 7) & ~7ul);
    record->data_bytes = taken;
    emit_submit(record);
    return goes_on;
}
