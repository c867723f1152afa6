/* SPDX-License-Identifier: MIT */
/* Cuts by characters, not by bytes: half a UTF-8 sequence would spoil the rest of the line. */
#include "user/sink/cell.h"

#include <stdio.h>
#include <string.h>

#include <connspan/entry.h>

#include "user/sink/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Controls of ASCII and Latin-1; marks that are invisible or change the direction of text. */
static bool is_harmful(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Steps over one character; an invalid byte is one, too. Returns its bytes. */
static size_t step(const char *text, size_t room, bool *shown)
{
    uint32_t code = 0;
    size_t length = cs_utf8_read(text, room, &code);

    *shown = length > 0 && !is_harmful(code);
    return length ? length : 1;
}

static size_t count_characters(const char *text)
{
    size_t room = strlen(text);
    size_t count = 0;
    bool shown;

    for (; room > 0; count++) {
        size_t length = step(text, room, &shown);

        text += length;
        room -= length;
    }
    return count;
}

size_t cs_cell_text(struct cs_buf *out, const char *text, size_t width, enum cs_cut cut)
{
    size_t count = count_characters(text);
    size_t room = strlen(text);
    size_t tail = cut == CS_CUT_MIDDLE && width > 3 ? (width - 1) / 3 : 0;
    size_t head = width > 0 ? width - 1 - tail : 0;

    if (width == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        bool shown;
        size_t length = step(text, room, &shown);

        if (count <= width || i < head || i >= count - tail)
            cs_buf_add(out, shown ? text : "?", shown ? length : 1);
        else if (i == head)
            cs_buf_text(out, ELLIPSIS);
        text += length;
        room -= length;
    }
    return count < width ? count : width;
}

static void fill(struct cs_buf *out, size_t count)
{
    char *at = cs_buf_reserve(out, count);

    if (!at)
        return;
    memset(at, ' ', count);
    out->length += count;
}

void cs_cell_left(struct cs_buf *out, const char *text, size_t width, enum cs_cut cut)
{
    fill(out, width - cs_cell_text(out, text, width, cut));
}

void cs_cell_right(struct cs_buf *out, const char *text, size_t width)
{
    size_t count = count_characters(text);

    fill(out, count < width ? width - count : 0);
    cs_cell_text(out, text, width, CS_CUT_END);
}

void cs_cell_duration(struct cs_buf *out, uint64_t ns, size_t width)
{
    static const struct {
        uint64_t below_ns;
        uint64_t unit_ns; /* of the last digit */
        unsigned divisor; /* between that and the unit that is named */
        const char *form;
    } scales[] = {
        {1000000, 1000, 1, "%u%.0uus"},
        {10000000, 10000, 100, "%u.%02ums"},
        {100000000, 100000, 10, "%u.%01ums"},
        {1000000000, 1000000, 1, "%u%.0ums"},
        {10000000000, 10000000, 100, "%u.%02us"},
        {100000000000, 100000000, 10, "%u.%01us"},
        {1000000000000, 1000000000, 1, "%u%.0us"},
        {360000000000000, 60000000000, 1, "%u%.0um"},
        {UINT64_MAX, 3600000000000, 1, "%u%.0uh"},
    };
    char text[32] = "-";
    size_t i = 0;
    unsigned digits;

    if (ns != CONNSPAN_UNKNOWN) {
        while (ns >= scales[i].below_ns)
            i++;
        digits = (unsigned)(ns / scales[i].unit_ns);
        snprintf(text, sizeof(text), scales[i].form, digits / scales[i].divisor,
                 digits % scales[i].divisor);
    }
    cs_cell_right(out, text, width);
}
