/* SPDX-License-Identifier: MIT */
/* A state machine over bytes that were captured, and gaps of known length. */
#include "user/http/frames.h"

#include <errno.h>
#include <string.h>

enum {
    FLAG_END_STREAM = 0x1, /* of DATA and HEADERS */
    FLAG_END_HEADERS = 0x4,
    FLAG_PADDED = 0x8,
    FLAG_PRIORITY = 0x20,
    SETTING_BYTES = 6,
};

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { PREFACE_BYTES = sizeof(preface) - 1 };

/* A turn while it is read. */
struct reading {
    struct cs_frames *frames;
    const struct cs_http_seen *seen;
    const struct cs_frame_calls *calls;
    void *context;
    uint64_t offset;
    size_t taken; /* of what was captured */
};

bool cs_frames_is_preface(const uint8_t *data, size_t length)
{
    return memcmp(data, preface, length < PREFACE_BYTES ? length : PREFACE_BYTES) == 0;
}

int cs_frames_begin(struct cs_frames *frames, bool is_client)
{
    *frames = (struct cs_frames){.preface_left = is_client ? PREFACE_BYTES : 0};
    frames->hpack = cs_hpack_new();
    return frames->hpack ? 0 : -ENOMEM;
}

void cs_frames_end(struct cs_frames *frames)
{
    cs_hpack_free(frames->hpack);
    explicit_bzero(frames, sizeof(*frames));
}

static uint32_t number(const uint8_t *bytes, int count)
{
    uint32_t value = 0;

    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void lose(struct reading *reading)
{
    reading->frames->is_lost = true;
}

/* Of the next `wanted` bytes, those that were captured; *data is the first. */
static size_t peek(const struct reading *reading, uint64_t wanted, const uint8_t **data)
{
    const struct cs_http_turn *turn = reading->seen->turn;
    size_t held = reading->seen->length - reading->taken;

    *data = reading->seen->data + reading->taken;
    if (turn->is_sparse && reading->taken == 0 && reading->offset != turn->skipped)
        return 0; /* what was captured is not what comes next */
    return wanted < held ? (size_t)wanted : held;
}

static void pass(struct reading *reading, size_t length)
{
    reading->offset += length;
    reading->taken += length;
}

/* Adds to *held bytes in `to`, up to `wanted`. false: not one was captured. */
static bool collect(struct reading *reading, uint8_t *to, uint8_t *held, uint8_t wanted)
{
    const uint8_t *data;
    size_t taken = peek(reading, (uint64_t)(wanted - *held), &data);

    memcpy(to + *held, data, taken);
    *held = (uint8_t)(*held + taken);
    pass(reading, taken);
    return taken > 0;
}

/* ---- header --------------------------------------------------------------------------------- */

static uint8_t type_of(const struct cs_frames *frames)
{
    return frames->header[3];
}

static bool is_block(const struct cs_frames *frames)
{
    return type_of(frames) == CS_FRAME_HEADERS || type_of(frames) == CS_FRAME_PUSH_PROMISE ||
           type_of(frames) == CS_FRAME_CONTINUATION;
}

/* Sparse or not, its payload is captured (of DATA only what stands in front): the kernel's
 * frame_told(). */
static bool is_told(const struct cs_frames *frames)
{
    return is_block(frames) || type_of(frames) == CS_FRAME_SETTINGS ||
           type_of(frames) == CS_FRAME_RST_STREAM;
}

/* How much stands in front of what it carries. */
static uint8_t prefix_of(const struct cs_frames *frames)
{
    uint8_t flags = frames->header[4];
    uint8_t padded = flags & FLAG_PADDED ? 1 : 0;

    switch (type_of(frames)) {
    case CS_FRAME_DATA:
        return padded;
    case CS_FRAME_HEADERS:
        return (uint8_t)(padded + (flags & FLAG_PRIORITY ? 5 : 0));
    case CS_FRAME_PUSH_PROMISE:
        return (uint8_t)(padded + 4);
    case CS_FRAME_RST_STREAM:
        return 4;
    default:
        return 0;
    }
}

static void set_frame(struct cs_frame *frame, const uint8_t *header)
{
    frame->type = header[3];
    frame->flags = header[4];
    frame->stream_id = number(header + 5, 4) & 0x7fffffff;
    frame->ends_stream = header[3] <= CS_FRAME_HEADERS && header[4] & FLAG_END_STREAM;
    frame->error = CS_FRAME_UNKNOWN_ERROR;
}

static void begin_content(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;

    frames->step = CS_FRAME_CONTENT;
    frames->prefix_bytes = 0;
    if (type_of(frames) == CS_FRAME_DATA && frames->frame.data_bytes != CS_FRAME_UNKNOWN_BYTES)
        frames->frame.data_bytes = frames->content;
}

static void end_header(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    uint32_t length = number(frames->header, 3);
    bool continues = type_of(frames) == CS_FRAME_CONTINUATION;

    if (continues != frames->in_block || length < prefix_of(frames)) {
        lose(reading);
        return;
    }
    if (!continues)
        set_frame(&frames->frame, frames->header);
    frames->frame.bytes += CS_FRAME_HEADER_BYTES + length;
    frames->in_block = is_block(frames) && !(frames->header[4] & FLAG_END_HEADERS);
    frames->prefix_bytes = 0;
    frames->prefix_wanted = prefix_of(frames);
    frames->content = length - frames->prefix_wanted;
    frames->padding = 0;
    frames->step = CS_FRAME_PREFIX;
    if (!frames->prefix_wanted)
        begin_content(reading);
}

static void read_header(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    uint64_t begin_ns = cs_http_seen_time(reading->seen, reading->offset);

    if (frames->header_bytes == 0 && !frames->in_block)
        frames->frame = (struct cs_frame){.begin_ns = begin_ns};
    if (!collect(reading, frames->header, &frames->header_bytes, CS_FRAME_HEADER_BYTES))
        lose(reading);
    else if (frames->header_bytes == CS_FRAME_HEADER_BYTES)
        end_header(reading);
}

/* ---- payload -------------------------------------------------------------------------------- */

/* Padding's length, priority, promised stream; code. */
static void end_prefix(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    const uint8_t *prefix = frames->prefix;

    if (type_of(frames) == CS_FRAME_RST_STREAM)
        frames->frame.error = number(prefix, 4);
    else if (frames->header[4] & FLAG_PADDED)
        frames->padding = *prefix++;
    if (type_of(frames) == CS_FRAME_PUSH_PROMISE)
        frames->frame.promised_id = number(prefix, 4) & 0x7fffffff;
    if (frames->padding > frames->content) {
        lose(reading);
        return;
    }
    frames->content -= frames->padding;
    begin_content(reading);
}

/* Of DATA all that is missed is how much is padding, of RST_STREAM why. */
static bool may_miss_prefix(const struct cs_frames *frames)
{
    return type_of(frames) == CS_FRAME_DATA || type_of(frames) == CS_FRAME_RST_STREAM;
}

static void read_prefix(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;

    if (collect(reading, frames->prefix, &frames->prefix_bytes, frames->prefix_wanted)) {
        if (frames->prefix_bytes == frames->prefix_wanted)
            end_prefix(reading);
    } else if (may_miss_prefix(frames)) {
        frames->content += frames->prefix_wanted - frames->prefix_bytes;
        frames->frame.data_bytes = CS_FRAME_UNKNOWN_BYTES;
        begin_content(reading);
    } else {
        lose(reading);
    }
}

/* Also called for a block of no bytes, which may be the last of its parts. */
static void read_block(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    struct cs_hpack_part part;

    part.length = peek(reading, frames->content, &part.data);
    part.is_last = part.length == frames->content && !frames->in_block;
    if ((part.length == 0 && frames->content) ||
        cs_hpack_read(frames->hpack, part, reading->calls->field, reading->context))
        lose(reading);
    frames->content -= (uint32_t)part.length;
    pass(reading, part.length);
}

static void read_setting(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    uint8_t held = frames->prefix_bytes;

    if (frames->content + held < SETTING_BYTES ||
        !collect(reading, frames->prefix, &frames->prefix_bytes, SETTING_BYTES)) {
        lose(reading);
        return;
    }
    frames->content -= (uint32_t)(frames->prefix_bytes - held);
    if (frames->prefix_bytes < SETTING_BYTES)
        return;
    frames->prefix_bytes = 0;
    reading->calls->setting(reading->context, (uint16_t)number(frames->prefix, 2),
                            number(frames->prefix + 2, 4));
}

/* What nobody reads, captured or not, is as long as it says. */
static void skip(struct reading *reading, uint32_t *left)
{
    const struct cs_http_seen *seen = reading->seen;
    uint64_t rest = seen->turn->length - reading->offset;
    uint32_t taken = *left < rest ? *left : (uint32_t)rest;
    size_t held = seen->length - reading->taken;

    *left -= taken;
    reading->offset += taken;
    if (is_told(reading->frames) || !seen->turn->is_sparse)
        reading->taken += taken < held ? taken : held;
}

static void read_content(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;

    if (is_block(frames))
        read_block(reading);
    else if (type_of(frames) == CS_FRAME_SETTINGS && frames->content)
        read_setting(reading);
    else
        skip(reading, &frames->content);
    if (frames->content == 0)
        frames->step = CS_FRAME_PADDING;
}

static void end_frame(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;

    frames->step = CS_FRAME_HEADER;
    frames->header_bytes = 0;
    if (frames->in_block)
        return;
    frames->frame.end_ns = cs_http_seen_time(reading->seen, reading->offset - 1);
    reading->calls->end(reading->context, &frames->frame);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void read_preface(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;
    const uint8_t *data;
    size_t taken = peek(reading, frames->preface_left, &data);
    size_t passed = PREFACE_BYTES - (size_t)frames->preface_left;

    if (taken == 0 || memcmp(data, preface + passed, taken) != 0)
        lose(reading);
    frames->preface_left = (uint8_t)(frames->preface_left - taken);
    pass(reading, taken);
}

/* What is left to read of nothing (an empty payload) waits for no byte. */
static bool wants_bytes(const struct cs_frames *frames)
{
    switch (frames->step) {
    case CS_FRAME_CONTENT:
        return frames->content > 0;
    case CS_FRAME_PADDING:
        return frames->padding > 0;
    default:
        return true;
    }
}

static void read_step(struct reading *reading)
{
    struct cs_frames *frames = reading->frames;

    if (frames->preface_left)
        read_preface(reading);
    else if (frames->step == CS_FRAME_HEADER)
        read_header(reading);
    else if (frames->step == CS_FRAME_PREFIX)
        read_prefix(reading);
    else if (frames->step == CS_FRAME_CONTENT)
        read_content(reading);
    else if (frames->padding)
        skip(reading, &frames->padding);
    else
        end_frame(reading);
}

void cs_frames_read(struct cs_frames *frames, const struct cs_http_seen *seen,
                    const struct cs_frame_calls *calls, void *context)
{
    struct reading reading = {.frames = frames, .seen = seen, .calls = calls, .context = context};

    while (!frames->is_lost && (reading.offset < seen->turn->length || !wants_bytes(frames)))
        read_step(&reading);
}
