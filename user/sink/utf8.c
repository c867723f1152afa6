/* SPDX-License-Identifier: MIT */
/* Refuses what RFC 3629 section 3 forbids: overlong forms, surrogates, beyond U+10FFFF. */
#include "user/sink/utf8.h"

/* As the first byte promises; 0: no sequence begins so. */
static size_t sequence_bytes(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t cs_utf8_read(const char *text, size_t room, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = sequence_bytes(bytes[0]);
    uint32_t value;

    if (length == 0 || length > room)
        return 0;
    value = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return length;
}
