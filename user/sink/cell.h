/* SPDX-License-Identifier: MIT */
/*
 * One cell of the table. Names come from traced programs and end on a terminal: what could move its
 * cursor, colour it or turn its text around is shown as a question mark.
 */
#pragma once

#include <stdint.h>

#include "user/base/buf.h"

enum cs_cut { CS_CUT_END, CS_CUT_MIDDLE };

/*
 * Appends the text, cut to `width` characters with an ellipsis. Returns the characters appended; a
 * character counts as one column, which East Asian ones are not.
 */
size_t cs_cell_text(struct cs_buf *out, const char *text, size_t width, enum cs_cut cut);

/* The same, filled up with blanks to the width. */
void cs_cell_left(struct cs_buf *out, const char *text, size_t width, enum cs_cut cut);
void cs_cell_right(struct cs_buf *out, const char *text, size_t width);

/* At most 6 characters: 87us, 1.23ms, 12.3ms, 123ms, 1.23s ... 99m, 27h; CONNSPAN_UNKNOWN: - */
void cs_cell_duration(struct cs_buf *out, uint64_t ns, size_t width);
