/* SPDX-License-Identifier: MIT */
/* By windows: a table may be of any size that a program has; what is larger is not read. */
#include "user/elf/mention.h"

#include "user/base/cleanup.h"

#include <string.h>

enum { WINDOW_BYTES = 64 << 10, TABLE_MAX_BYTES = 64 << 20 };

bool cs_mentions(const struct cs_image *image, uint64_t offset, uint64_t bytes, const char *name)
{
    size_t needle = strlen(name) + 1;
    cs_auto_free char *window = bytes <= TABLE_MAX_BYTES ? malloc(WINDOW_BYTES) : NULL;

    for (uint64_t at = 0; window && at + needle <= bytes;) {
        uint64_t left = bytes - at;
        size_t read = left < WINDOW_BYTES ? left : WINDOW_BYTES;

        if (cs_image_read_file(image, offset + at, window, read))
            return false;
        if (memmem(window, read, name, needle))
            return true;
        if (read == left)
            return false;
        at += read - needle + 1; /* the name may lie across two windows */
    }
    return false;
}
