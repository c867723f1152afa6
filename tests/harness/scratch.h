/* SPDX-License-Identifier: MIT */
/* A folder of its own for a test, and what was written to an fd while the test ran. */
#pragma once

#include <stddef.h>

/* The path of `name` in the test's folder, which the first call creates. Valid for four calls. */
const char *scratch_path(const char *name);
void scratch_write(const char *name, const char *text, int mode);
/* The file's text, "" if there is none. Free it. */
char *scratch_read(const char *name);
/* Removes the folder and the files in it. */
void scratch_remove(void);

/* From here on what is written to `fd` is kept; scratch_captured tells it (free it). */
void scratch_capture(int fd);
char *scratch_captured(int fd);
