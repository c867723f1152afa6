/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Plain text off OpenSSL's ssl_read and ssl_write: of each turn at most its first CS_TURN_BYTES are
 * copied, from the program's own memory; of HTTP/2 the headers of frames, and header blocks. A hit
 * costs well under a microsecond as long as the probe sits on an instruction that the kernel
 * emulates: user/elf/plain.h finds those, and no others. These run preemptible (Linux 6.0+): small
 * stack, no per-CPU scratch.
 */
#include "plain.h"
#include "frames.h"
#include "registers.h"
#include "uprobe.h"

enum {
    WANT_WRITE = 2, /* SSL_WRITING: the last write has to be tried again, with the same bytes */
    RECORD_BYTES = 16384, /* RFC 8446 section 5.1 */
    SETTING_BYTES = 6,
    PREFACE_BYTES_READ = 3,
};

struct said {
    __u64 now_ns;
    __u64 data;
    __u64 length;
    __u8 direction;
    __u8 news;
    __u8 pad[6];
};

static __always_inline void fill(struct cs_event_turn *record, const struct turns *turns,
                                 const struct said *said)
{
    turns_fill_end(record, turns, said->news, said->now_ns);
    record->offset = turns->end[said->direction & 1];
}

static __always_inline void emit_bare(const struct turns *turns, const struct said *said)
{
    struct cs_event_turn *record = emit_reserve(sizeof(*record), CS_LOSS_RING_TURN);

    if (!record)
        return;
    fill(record, turns, said);
    emit_submit(record);
}

/* Of HTTP/2; PROPFIND is none. */
static __always_inline bool is_preface(const __u8 *bytes)
{
    return bytes[0] == 'P' && bytes[1] == 'R' && bytes[2] == 'I';
}

static __always_inline void emit_bytes(struct turns *turns, const struct said *said, __u32 length)
{
    struct cs_event_turn *record =
        emit_reserve(sizeof(*record) + CS_TURN_BYTES + 8, CS_LOSS_RING_TURN);

    if (!record)
        return;
    barrier_var(length);
    length = ((length - 1) & (CS_TURN_BYTES - 1)) + 1;
    if (bpf_probe_read_user(record->data, length, (const void *)said->data)) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        if (said->news ==
            CS_TURN_BEGIN) /* without its bytes the thread is lost, which is counted */
            emit_bare(turns, said);
        return;
    }
    if (said->direction == CS_FROM_CLIENT && !turns->end[CS_FROM_CLIENT])
        turns->is_http2 = length > 2 && is_preface(record->data);
    __builtin_memset(record->data + length, 0, 8); /* what pads the record on a tape */
    fill(record, turns, said);
    record->event.size_bytes = sizeof(*record) + ((length + 7) & ~7u);
    record->data_bytes = length;
    emit_submit(record);
}

static __always_inline struct turns *turns_of(__u64 ssl, __u64 thread)
{
    struct plain_key key = {ssl, thread >> 32};

    return bpf_map_lookup_elem(&plains, &key);
}

/* Verified by itself. */
__noinline int plain_frames(__u64 ssl, __u32 direction)
{
    struct turns *turns = turns_of(ssl, bpf_get_current_pid_tgid());

    return turns ? frames_record(0, 0, turns, direction) : 0;
}

/* A server's SETTINGS, with which HTTP/2 begins (RFC 9113 section 3.4): by its header. */
static __always_inline bool is_settings(const __u8 *bytes)
{
    return !bytes[0] && !bytes[1] && bytes[2] % SETTING_BYTES == 0 && bytes[3] == FRAME_SETTINGS &&
           !bytes[4] && !bytes[5] && !bytes[6] && !bytes[7] && !bytes[8];
}

static __always_inline bool begins_http2(const struct said *said)
{
    __u8 first[FRAME_HEADER_BYTES] = {};

    if (said->direction == CS_FROM_CLIENT)
        return !bpf_probe_read_user(first, PREFACE_BYTES_READ, (const void *)said->data) &&
               is_preface(first);
    return said->length >= sizeof(first) &&
           !bpf_probe_read_user(first, sizeof(first), (const void *)said->data) &&
           is_settings(first);
}

/* HTTP/2, by the first that is said at all: often the server is heard before its client speaks. */
static __always_inline bool is_framed(struct turns *turns, const struct said *said)
{
    if (turns->is_framed || turns->end[CS_FROM_CLIENT] || turns->end[CS_FROM_SERVER])
        return turns->is_framed;
    if (!begins_http2(said))
        return 0;
    turns->is_framed = turns->is_http2 = 1;
    turns->frames[CS_FROM_CLIENT].left = HTTP2_PREFACE_BYTES;
    return 1;
}

static __always_inline void on_frames(struct turns *turns, __u64 ssl, const struct said *said)
{
    __u8 direction = said->direction & 1;

    turns->direction = direction;
    if (frames_take(turns, direction, turns->end[direction], said->data, said->length)) {
        for (__u32 i = 0; i < FRAME_RECORDS && plain_frames(ssl, direction); i++)
            ;
    }
}

static __always_inline void on_said(struct turns *turns, struct said *said)
{
    __u8 direction = said->direction & 1;
    __u64 end = turns->end[direction];
    __u64 room, length;

    said->news = CS_TURN_MORE;
    if (turns->direction != direction) {
        turns->direction = direction;
        turns->start = end;
        turns->packets = 0;
        said->news = CS_TURN_BEGIN;
    }
    room = turns->start + CS_TURN_BYTES - end;
    if (end - turns->start >= CS_TURN_BYTES || turns->packets >= CS_TURN_PACKETS)
        room = 0;
    length = said->length < room ? said->length : room;
    if (length) {
        turns->packets++;
        emit_bytes(turns, said, length);
    } else if (said->news == CS_TURN_BEGIN) {
        emit_bare(turns, said);
    }
    turns->end[direction] = end + said->length;
    turns->last_ns[direction] = said->now_ns;
}

static __always_inline __u32 field_of(__u64 ssl, __u16 offset)
{
    __u32 value = 0;

    bpf_probe_read_user(&value, sizeof(value), (const void *)(ssl + offset));
    return value;
}

/*
 * Inside a handshake a write that has to wait for it fails, and is tried again: it counts, but the
 * next takes its place, and its turn begins anew. With the handshake over by then, the next of the
 * same length is the same.
 */
static __always_inline void take_back(struct turns *turns, __u64 length, bool in_handshake)
{
    if (turns->next && (in_handshake || turns->next == length)) {
        turns->end[CS_FROM_CLIENT] -= turns->next;
        turns->packets -= turns->packets > 0;
        if (turns->end[CS_FROM_CLIENT] == turns->start)
            turns->direction = TURN_OF_NOBODY;
    }
    turns->next = in_handshake ? length : 0;
}

/* The first bytes, of which there is one. */
static __always_inline __u64 begin_of(__u64 data, __u64 length)
{
    __u64 begin = 0;

    if (length > sizeof(begin))
        length = sizeof(begin);
    barrier_var(length);
    length = ((length - 1) & (sizeof(begin) - 1)) + 1;
    bpf_probe_read_user(&begin, length, (const void *)data);
    return begin;
}

/*
 * With SSL_MODE_ENABLE_PARTIAL_WRITE a write ends with its first record, and the
 * program writes the rest, which was said already: from where it lies, or from a copy. Another
 * write of that length may look like such a copy where bytes repeat, and counts then: too much is
 * noticed (user/http), too little is not.
 */
static __always_inline bool is_rest(const struct turns *turns, __u64 data, __u64 length)
{
    if (!turns->rest_length || length != turns->rest_length)
        return 0;
    return data == turns->rest_at ||
           (!turns->rest_repeats && begin_of(data, length) == turns->rest_begins);
}

static __always_inline void note_rest(struct turns *turns, __u64 data, __u64 length)
{
    turns->rest_length = length > RECORD_BYTES ? length - RECORD_BYTES : 0;
    if (!turns->rest_length)
        return;
    turns->rest_at = data + RECORD_BYTES;
    turns->rest_begins = begin_of(turns->rest_at, turns->rest_length);
    turns->rest_repeats = begin_of(data, turns->rest_length) == turns->rest_begins;
}

/* ssl_write(ssl, data, length, written) is entered. */
static __always_inline void on_write(__u64 ssl, __u64 data, __u64 length, __u32 detail)
{
    struct turns *turns = turns_of(ssl, bpf_get_current_pid_tgid());
    struct said said = {.data = data, .length = length, .direction = CS_FROM_CLIENT};
    bool in_handshake, is_said;

    if (!turns || !length)
        return;
    in_handshake = field_of(ssl, detail & 0xffff);
    if (!in_handshake && field_of(ssl, detail >> 16) == WANT_WRITE)
        return;
    is_said = is_rest(turns, data, length);
    note_rest(turns, data, length);
    if (is_said) {
        turns->last_ns[CS_FROM_CLIENT] = bpf_ktime_get_ns();
        return;
    }
    take_back(turns, length, in_handshake);
    if (is_framed(turns, &said)) {
        on_frames(turns, ssl, &said);
        return;
    }
    said.now_ns = bpf_ktime_get_ns();
    on_said(turns, &said);
}

/* ssl_read(ssl, data, room, &length) has succeeded. */
static __always_inline void on_read_end(__u64 ssl, __u64 data, __u64 length_at)
{
    __u64 id = bpf_get_current_pid_tgid(), tgid = id >> 32;
    struct turns *turns = turns_of(ssl, id);
    struct said said = {.data = data, .direction = CS_FROM_SERVER};

    if (!turns || bpf_probe_read_user(&said.length, sizeof(said.length), (const void *)length_at) ||
        !said.length)
        return;
    turns->next = turns->rest_length = 0; /* what was written has gone */
    if (is_framed(turns, &said)) {
        on_frames(turns, ssl, &said);
        return;
    }
    if (turns->direction == TURN_OF_NOBODY) {
        plain_void(ssl, tgid); /* its client spoke in the call that began the handshake, unseen */
        return;
    }
    said.now_ns = bpf_ktime_get_ns();
    on_said(turns, &said);
}

SEC("uprobe")
int up_plain(struct pt_regs *ctx)
{
    __u64 cookie = bpf_get_attach_cookie(ctx);
    __u32 detail = CS_COOKIE_DETAIL(cookie);
    struct preserved preserved = {};

    keep_task_stack(ctx);
    if (!knobs.read_kernel) /* as in lookup.h */
        return 0;
    if (CS_COOKIE_PROBE(cookie) == CS_PROBE_WRITE)
        on_write(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), detail);
    if (CS_COOKIE_PROBE(cookie) != CS_PROBE_READ_END || (int)PT_REGS_RC(ctx) <= 0)
        return 0;
    preserved_read(ctx, &preserved);
    on_read_end(preserved.at[detail >> 16 & 15], preserved.at[detail >> 8 & 15],
                preserved.at[detail & 15]);
    return 0;
}
