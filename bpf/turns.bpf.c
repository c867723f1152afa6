/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The turns of a connection whose requests are followed: when the direction changes, one record
 * tells when, how far each direction came, and of plain text the turn's first bytes (up to
 * CS_TURN_BYTES, which may come in several packets, in any order). Of TLS only the headers of
 * records are told. HTTP/2 has no turns: its frames are followed (frames.h). All else of a packet
 * costs an update of the newest byte's place and time.
 */
#include "turns.h"
#include "frames.h"
#include "record.h"

enum {
    COMMON_METHOD_BYTES = 10,
    METHOD_MAX_BYTES = 16, /* BASELINE-CONTROL */
    REQUEST_BYTES = METHOD_MAX_BYTES + 2,
    LINE_BYTES = 128,           /* hardly a key of memcached's is longer */
    LINE_END_LF = 0x48545450,   /* "HTTP" of "HTTP/1.1" */
    LINE_END_CRLF = 0x5454502f, /* "TTP/" of "TTP/1.1\r" */
};

/* Records that may be alerts: of TLS 1.3 level, description, content type and a tag of 16 (RFC 8446
 * section 6), the longest of TLS 1.2 in CBC with a MAC of 48. */
enum { ALERT_SEALED_BYTES = 19, ALERT_MAX_BYTES = RECORD_HEADER_BYTES + 80 };

/* What of a packet is told. */
struct piece {
    __u64 now_ns;
    __u64 packet; /* offset of the packet's payload */
    __u64 offset; /* of the first byte that is told */
    __u32 skip;   /* into the payload */
    __u32 length;
    __u8 news; /* enum cs_turn_news */
};

static __always_inline void piece_begin(struct cs_event_turn *record, const struct turns *turns,
                                        const struct piece *piece)
{
    turns_fill_end(record, turns, piece->news, piece->now_ns);
    record->offset = piece->offset;
}

static __always_inline void emit_bare(const struct turns *turns, const struct piece *piece)
{
    struct cs_event_turn *record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);

    if (!record)
        return;
    piece_begin(record, turns, piece);
    emit_submit(record);
}

/* Copies up to `room` bytes, a power of two, into a record of a constant size; as chunk_emit(). */
static __always_inline void emit_bytes(struct __sk_buff *skb, const struct turns *turns,
                                       const struct packet *packet, const struct piece *piece,
                                       __u32 room)
{
    struct cs_event_turn *record = emit_reserve(sizeof(*record) + room + 8, CS_LOSS_RING_TURN);
    __u32 length = piece->length;

    if (!record)
        return;
    barrier_var(length);
    length = ((length - 1) & (room - 1)) + 1;
    if (bpf_skb_load_bytes(skb, packet->payload + piece->skip, record->data, length)) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    __builtin_memset(record->data + length, 0, 8); /* what pads the record on a tape */
    piece_begin(record, turns, piece);
    record->event.size_bytes = sizeof(*record) + ((length + 7) & ~7u);
    record->data_bytes = length;
    emit_submit(record);
}

/* What of the packet lies in the first bytes of its turn. */
static __always_inline void find_piece(const struct turns *turns, const struct packet *packet,
                                       struct piece *piece)
{
    __u64 limit = turns->start + CS_TURN_BYTES;

    piece->skip = piece->packet < turns->start ? turns->start - piece->packet : 0;
    piece->offset = piece->packet + piece->skip;
    piece->length = piece->skip < packet->length ? packet->length - piece->skip : 0;
    if (piece->offset >= limit)
        piece->length = 0;
    else if (piece->length > limit - piece->offset)
        piece->length = limit - piece->offset;
}

static __always_inline void tell_plain(struct __sk_buff *skb, struct turns *turns,
                                       const struct packet *packet, struct piece *piece)
{
    find_piece(turns, packet, piece);
    if (piece->length)
        turns->packets++;
    if (piece->length > CS_CHUNK_SMALL_BYTES)
        emit_bytes(skb, turns, packet, piece, CS_TURN_BYTES);
    else if (piece->length)
        emit_bytes(skb, turns, packet, piece, CS_CHUNK_SMALL_BYTES);
    else if (piece->news == CS_TURN_BEGIN)
        emit_bare(turns, piece);
}

/* The headers of the records that begin in this packet, as far as they lie behind one another. */
static __always_inline void tell_sealed(struct __sk_buff *skb, struct turns *turns,
                                        const struct packet *packet, struct piece *piece)
{
    const __u32 room = CS_TURN_RECORDS * RECORD_HEADER_BYTES;
    __u32 at = turns->next - piece->packet;
    struct cs_event_turn *record = emit_reserve(sizeof(*record) + room, CS_LOSS_RING_TURN);

    if (!record)
        return;
    __builtin_memset(record->data, 0, room);
    piece->offset = turns->next;
    for (__u32 i = 0; i < CS_TURN_RECORDS && at < packet->length; i++) {
        __u32 header = record_at(skb, packet->payload + at);

        if (header == RECORD_UNREADABLE || header == RECORD_NONE)
            break;
        record->data[i * RECORD_HEADER_BYTES] = header;
        record->data[i * RECORD_HEADER_BYTES + 1] = 3;
        record->data[i * RECORD_HEADER_BYTES + 3] = header >> 24;
        record->data[i * RECORD_HEADER_BYTES + 4] = header >> 16;
        piece->length += RECORD_HEADER_BYTES;
        at += RECORD_HEADER_BYTES + (header >> 16);
    }
    turns->next = piece->packet + at;
    turns->packets++;
    piece_begin(record, turns, piece);
    record->event.size_bytes = sizeof(*record) + ((piece->length + 7) & ~7u);
    record->data_bytes = piece->length;
    emit_submit(record);
}

static __always_inline void tell(struct __sk_buff *skb, struct turns *turns,
                                 const struct packet *packet, struct piece *piece, __u8 news)
{
    piece->news = news;
    if (turns->is_sealed)
        tell_sealed(skb, turns, packet, piece);
    else
        tell_plain(skb, turns, packet, piece);
}

/*
 * A packet that holds an alert alone, or of TLS 1.3 what is as long as one. It is told wherever it
 * comes, before the newest byte is its own: close_notify is no part of a response.
 */
static __always_inline bool is_alert(struct __sk_buff *skb, const struct packet *packet)
{
    __u32 record;

    if (packet->length > ALERT_MAX_BYTES)
        return 0;
    record = record_at(skb, packet->payload);
    if (record >> 16 != packet->length - RECORD_HEADER_BYTES)
        return 0;
    return (record & 0xff) == RECORD_ALERT || record >> 16 == ALERT_SEALED_BYTES;
}

/* More of the turn's start? Of what came out of order the end is not news, but the bytes are. */
static __always_inline bool is_told(const struct turns *turns, __u64 offset, __u64 end)
{
    if (turns->is_sealed)
        return turns->packets < CS_TURN_SEALED_PACKETS && end > turns->next;
    return turns->packets < CS_TURN_PACKETS && end > turns->start &&
           offset < turns->start + CS_TURN_BYTES;
}

/* 1: it has frames to tell. */
static __always_inline bool on_data(struct __sk_buff *skb, struct turns *turns,
                                    const struct packet *packet)
{
    __u8 direction = packet->direction & 1;
    __u64 before = turns->end[direction], end;
    struct piece piece = {.now_ns = bpf_ktime_get_ns()};
    bool is_fresh, has_alert;

    if (!(turns->based & 1 << direction)) {
        turns->base[direction] = packet->seq;
        turns->based |= 1 << direction;
    }
    piece.packet = before + (__s32)(packet->seq - turns->base[direction] - (__u32)before);
    end = piece.packet + packet->length;
    if (turns->is_http2)
        return frames_take(turns, direction, piece.packet, packet->payload, packet->length);
    is_fresh = (__s64)(end - before) > 0;
    has_alert = is_fresh && turns->is_sealed && is_alert(skb, packet);
    if (is_fresh && turns->direction != direction) {
        turns->direction = direction;
        turns->start = turns->next = before;
        turns->packets = 0;
        tell(skb, turns, packet, &piece, CS_TURN_BEGIN);
    } else if (has_alert) {
        turns->next = piece.packet; /* wherever the walk stands */
        tell(skb, turns, packet, &piece, CS_TURN_MORE);
    } else if (turns->direction == direction && is_told(turns, piece.packet, end)) {
        tell(skb, turns, packet, &piece, CS_TURN_MORE);
    }
    if (!is_fresh)
        return 0;
    turns->end[direction] = end;
    turns->last_ns[direction] = piece.now_ns;
    turns->told = 0;
    if (direction == CS_FROM_SERVER)
        turns->is_ended = has_alert;
    return 0;
}

enum { TURNS_FRAMES = 2 };

__noinline int turns_take(struct __sk_buff *skb, __u32 egress)
{
    struct packet packet = {.egress = egress != 0,
                            .direction = egress ? CS_FROM_CLIENT : CS_FROM_SERVER};
    __u64 key = sock_key(skb->sk);
    struct turns *turns = bpf_map_lookup_elem(&turns_map, &key);

    if (!turns)
        return 0;
    if (packet_parse(skb, &packet) && packet.length && !(packet.flags & TCP_FLAG_SYN_BIT) &&
        on_data(skb, turns, &packet))
        return TURNS_FRAMES;
    return 1;
}

/* Verified by itself. */
__noinline int frames_tell(struct __sk_buff *skb, __u32 direction)
{
    __u64 key = sock_key(skb->sk);
    struct turns *turns = bpf_map_lookup_elem(&turns_map, &key);

    return turns ? frames_record(skb, 1, turns, direction) : 0;
}

/* Of little stack itself: the two that it calls leave none for each other. */
int turns_packet(struct __sk_buff *skb, __u32 egress)
{
    int taken = turns_take(skb, egress);

    for (__u32 i = 0; taken == TURNS_FRAMES && i < FRAME_RECORDS; i++) {
        if (!frames_tell(skb, egress ? CS_FROM_CLIENT : CS_FROM_SERVER))
            break;
    }
    return taken;
}

/* By method and target: "PRI *" is nobody's but HTTP/2's. */
static __always_inline __u32 speech_of(__u8 first, __u8 third, __u8 target)
{
    if (target == '*' && first == 'P' && third == 'I')
        return SPEECH_HTTP2;
    return target == '/' || target == '*' || target == 'h' || target == 'H' ? SPEECH_HTTP1 : 0;
}

/* The first line ends in "HTTP/1.1", or too far away. Verified by itself. */
__noinline int line_may_be_http(struct __sk_buff *skb, __u32 at, __u32 length)
{
    __u64 last = 0; /* bytes */
    __u8 byte = 0;

    for (__u32 i = 0; i < LINE_BYTES && i < length; i++) {
        if (bpf_skb_load_bytes(skb, at + i, &byte, 1))
            return 0;
        if (byte == '\n')
            return last >> 32 == LINE_END_LF || last >> 32 == LINE_END_CRLF;
        last = last << 8 | byte;
    }
    return 1;
}

enum { NOT_CAPITAL = 0x20 }; /* a bit of small letters and of the hyphen */

static __always_inline bool is_method_byte(__u8 byte)
{
    __u8 letter = byte & ~NOT_CAPITAL;

    return (letter >= 'A' && letter <= 'Z') || byte == '-';
}

/*
 * A method, a space, and the first byte of a target (RFC 9112 section 3). The common ones, of RFC
 * 9110 and RFC 4918, are up to 10 capital letters. Others have hyphens (RFC 3253, M-SEARCH), or
 * small letters as "patch" has, which fetch() sends as it was given it; but "get /key" is
 * memcached's: behind those the line has to say what it is.
 */
int turns_speech(struct __sk_buff *skb, __u32 at, __u32 length)
{
    __u8 bytes[REQUEST_BYTES] = {};
    __u8 rare = 0; /* bits */
    bool has_method = 0;

    for (__u32 i = 0; i < REQUEST_BYTES && i < length; i++) {
        __u8 *byte = bytes + i;

        if (bpf_skb_load_bytes(skb, at + i, byte, 1))
            return 0;
        if (has_method)
            return !rare || line_may_be_http(skb, at, length) ? speech_of(bytes[0], bytes[2], *byte)
                                                              : 0;
        has_method = i && *byte == ' ';
        if (has_method)
            continue;
        if (!is_method_byte(*byte))
            return 0;
        rare |= (*byte & NOT_CAPITAL) | (i >= COMMON_METHOD_BYTES);
    }
    return !rare && length && length < COMMON_METHOD_BYTES + 2 ? SPEECH_HTTP1 : 0;
}
