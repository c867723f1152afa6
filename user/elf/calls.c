/* SPDX-License-Identifier: MIT */
/*
 * `mov $constant,%edi`, what sets the other arguments, `call`. What follows the first is decoded,
 * instruction by instruction, up to a call that leads exactly there: so it is one. Beside that,
 * whatever bytes may be a call or a jump to there, conditional or not, are counted: none may be
 * left over.
 */
#include "user/elf/calls.h"

#include "user/base/cleanup.h"
#include "user/elf/decode.h"

#include <string.h>

enum {
    WINDOW_BYTES = 64 << 10,
    CODE_MAX_BYTES = 8 << 20, /* of all segments; libssl has one */
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
    size_t ways;   /* all that lead there, known to be calls or not */
    uint64_t last; /* the call found last */
    uint64_t left; /* bytes that may be searched yet */
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

/* Two such moves may stand before one call. */
static void note_call(struct search *search, uint64_t call)
{
    if (call == search->last)
        return;
    if (search->count < search->room)
        search->calls[search->count] = call;
    search->count++;
    search->last = call;
}

/* What begins behind WINDOW_BYTES begins the next window; here and below. */
static void search_window(struct search *search, const uint8_t *code, size_t bytes, uint64_t vaddr)
{
    const uint8_t *end = code + bytes, *at = code;

    while ((at = memmem(at, (size_t)(end - at), search->move, MOVE_BYTES)) &&
           at < code + WINDOW_BYTES) {
        uint64_t move = vaddr + (uint64_t)(at - code);
        size_t call = find_call(search, at, (size_t)(end - at), move);

        if (call)
            note_call(search, move + call);
        at++;
    }
}

static void count_ways(struct search *search, const uint8_t *code, size_t bytes, uint64_t vaddr)
{
    for (size_t at = 0; at < WINDOW_BYTES && at + CALL_BYTES <= bytes; at++) {
        bool may_lead = code[at] == 0xe8 || code[at] == 0xe9 || /* 0f 80 to 0f 8f: */
                        (at > 0 && code[at - 1] == 0x0f && (code[at] & 0xf0) == 0x80);

        search->ways += may_lead && leads_there(search, code + at, vaddr + at);
    }
}

/* False: there is more of it than may be searched. */
static bool search_segment(struct search *search, const struct cs_segment *segment, uint8_t *code)
{
    if (segment->bytes > search->left)
        return false;
    search->left -= segment->bytes;
    for (uint64_t at = 0; at < segment->bytes; at += WINDOW_BYTES) {
        size_t bytes =
            cs_image_read_code(search->image, segment->vaddr + at, code, WINDOW_BYTES + SPAN_BYTES);

        search_window(search, code, bytes, segment->vaddr + at);
        count_ways(search, code, bytes, segment->vaddr + at);
    }
    return true;
}

size_t cs_calls_find(const struct cs_image *image, uint64_t jump, uint32_t argument,
                     uint64_t *calls, size_t room)
{
    struct search search = {
        .image = image, .jump = jump, .calls = calls, .room = room, .left = CODE_MAX_BYTES};
    cs_auto_free uint8_t *code = malloc(WINDOW_BYTES + SPAN_BYTES);

    if (image->machine != EM_X86_64 || !jump || !code)
        return 0;
    search.move[0] = 0xbf;
    memcpy(search.move + 1, &argument, sizeof(argument));
    for (size_t i = 0; i < image->segment_count; i++) {
        if (image->segments[i].executable && !search_segment(&search, &image->segments[i], code))
            return 0;
    }
    return search.count <= room && search.count == search.ways ? search.count : 0;
}
