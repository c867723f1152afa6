/* SPDX-License-Identifier: MIT */
/*
 * A file as lines, gzipped or not, through a buffer of fixed size. What stands in the lines is not
 * its business.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/log.h"

#define CS_INPUT_LINE_BYTES (1u << 20) /* a longer line is no line of ours */

struct cs_input;

struct cs_input_line {
    const char *text; /* without the newline; valid until the next call */
    size_t length;
    bool torn; /* the last of the file, and no newline ends it */
};

/* "-" is standard input. 0 or -errno, described; -EISDIR: a directory. */
int cs_input_open(const char *path, const struct cs_log *log, struct cs_input **input);

/*
 * 1: a line; 0: the end; -errno, described: -EBADMSG a damaged or truncated gzip file, -E2BIG a
 * line that is too long.
 */
int cs_input_next(struct cs_input *input, struct cs_input_line *line);

/* How far we are, in bytes as they are stored. `total` is 0 where it is not known. */
void cs_input_progress(const struct cs_input *input, uint64_t *done, uint64_t *total);

/* As messages name it. */
const char *cs_input_name(const struct cs_input *input);
void cs_input_close(struct cs_input *input);
