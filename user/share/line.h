/* SPDX-License-Identifier: MIT */
/* One entry as the line that observers get, and whose it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cs_entry_line {
    uint32_t uid;
    bool has_uid; /* the process is known */
    size_t length;
    char text[];
};

/* Who reads: one user's entries, or all. */
struct cs_reader {
    uint32_t uid;
    bool everything;
};

static inline bool cs_reader_sees(const struct cs_reader *reader, const struct cs_entry_line *line)
{
    return reader->everything || (line->has_uid && line->uid == reader->uid);
}
