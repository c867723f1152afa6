/* SPDX-License-Identifier: MIT */
/*
 * `mov $constant,%edi`, what sets the other arguments, `call`. What follows the first is decoded,
 * instruction by instruction, up to a call that leads exactly there: so it is one.
 */
#include "user/elf/calls.h"

#include "user/base/cleanup.h"
#include "user/elf/decode.h"

#include <string.h>

enum {
    WINDOW_BYTES = 64 << 10,
    CODE_MAX_BYTES = 32 << 20,
    MOVE_BYTES = 5,
    CALL_BYTES = 5,
    CALL_STEPS = 16,       /* instructions between the two */
    SPAN_BYTES = 160,      /* the two and these */
    ENTRY_PREFIX_BYTES = 5 /* of an entry of the table, before its jump: endbr64, bnd */
};

struct search {
    const struct cs_image *image;
    uint64_t jump;
    uint8_t move[MOVE_BYTES];
    uint64_t *calls;
    size_t room;
    size_t count;
};

static bool leads_there(const struct search *search, const uint8_t *call, uint64_t vaddr)
{
    int32_t distance;
    uint64_t entry;

    memcpy(&distance, call + 1, sizeof(distance));
    entry = vaddr + CALL_BYTES + (uint64_t)(int64_t)distance;
    return entry <= search->jump && search->jump - entry <= ENTRY_PREFIX_BYTES;
}

/* Behind a jump or a return another piece of code begins. */
static bool leaves(uint8_t opcode)
{
    return opcode == 0xe9 || opcode == 0xeb || opcode == 0xc3;
}

/* Behind a move at `code`: the place of the call, 0 = there is none to that function. */
static size_t find_call(const struct search *search, const uint8_t *code, size_t bytes,
                        uint64_t vaddr)
{
    size_t at = MOVE_BYTES;

    for (int i = 0; i < CALL_STEPS && at + CALL_BYTES <= bytes; i++) {
        size_t length = cs_decode_bytes(code + at, bytes - at);

        if (code[at] == 0xe8)
            return leads_there(search, code + at, vaddr + at) ? at : 0;
        if (!length || leaves(code[at]))
            return 0;
        at += length;
    }
    return 0;
}

static void search_window(struct search *search, const uint8_t *code, size_t bytes, uint64_t vaddr)
{
    const uint8_t *end = code + bytes, *at = code;

    /* What begins behind WINDOW_BYTES begins the next window. */
    while ((at = memmem(at, (size_t)(end - at), search->move, MOVE_BYTES)) &&
           at < code + WINDOW_BYTES) {
        size_t call = find_call(search, at, (size_t)(end - at), vaddr + (uint64_t)(at - code));

        if (call && search->count < search->room)
            search->calls[search->count] = vaddr + (uint64_t)(at - code) + call;
        search->count += call != 0;
        at++;
    }
}

static void search_segment(struct search *search, const struct cs_segment *segment, uint8_t *code)
{
    uint64_t at = 0, end = segment->bytes < CODE_MAX_BYTES ? segment->bytes : CODE_MAX_BYTES;

    while (segment->executable && at < end) {
        size_t bytes =
            cs_image_read_code(search->image, segment->vaddr + at, code, WINDOW_BYTES + SPAN_BYTES);

        search_window(search, code, bytes, segment->vaddr + at);
        if (bytes <= WINDOW_BYTES)
            return;
        at += WINDOW_BYTES;
    }
}

size_t cs_calls_find(const struct cs_image *image, uint64_t jump, uint32_t argument,
                     uint64_t *calls, size_t room)
{
    struct search search = {.image = image, .jump = jump, .calls = calls, .room = room};
    cs_auto_free uint8_t *code = malloc(WINDOW_BYTES + SPAN_BYTES);

    if (image->machine != EM_X86_64 || !jump || !code)
        return 0;
    search.move[0] = 0xbf;
    memcpy(search.move + 1, &argument, sizeof(argument));
    for (size_t i = 0; i < image->segment_count; i++)
        search_segment(&search, &image->segments[i], code);
    return search.count <= room ? search.count : 0;
}
