/* SPDX-License-Identifier: MIT */
/* "%25" is a "%" that is encoded: what follows it says of what. */
#include "user/http/mark.h"

#include <ctype.h>
#include <string.h>

static int hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

struct cs_mark cs_mark_read(const char *text, size_t length, size_t at)
{
    struct cs_mark mark = {.byte = text[at], .at = at, .end = at + 1};

    if (text[at] != '%')
        return mark;
    for (at++; length - at >= 2; at += 2) {
        if (!isxdigit((unsigned char)text[at]) || !isxdigit((unsigned char)text[at + 1]))
            break;
        mark.byte = (char)(hex_value(text[at]) << 4 | hex_value(text[at + 1]));
        mark.end = at + 2;
        mark.depth++;
        if (mark.byte != '%')
            break;
    }
    return mark;
}

struct cs_mark cs_mark_find(const char *text, size_t length, size_t from, const char *bytes,
                            unsigned depth)
{
    while (from < length) {
        struct cs_mark mark = cs_mark_read(text, length, from);

        if (mark.byte && mark.depth <= depth && strchr(bytes, mark.byte))
            return mark;
        from = mark.end;
    }
    return (struct cs_mark){.at = length, .end = length};
}
