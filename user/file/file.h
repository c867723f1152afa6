/* SPDX-License-Identifier: MIT */
/*
 * The live file: how it is begun, continued, replaced and closed under another name, so that what
 * stands in it is whole at any time. Every call may block for as long as the disk does, and a
 * failed one has changed nothing. Not thread-safe; who calls, and when, is spool.h's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/log.h"
#include "user/file/name.h"

struct cs_file;

struct cs_file_options {
    const char *path;
    const char *extension; /* the format's, NULL: none */
    unsigned mode;         /* of a new file */
    const char *title;     /* what an empty file begins with, and every other one must; NULL */
    const char *tail;      /* a document's end, which is kept behind the last unit; NULL: lines */
};

/*
 * Takes over the fd that cs_open_output() gave for the path, also on failure. Cuts off a torn last
 * line. `named`: the path is the file's, not that of an inherited descriptor. 0 or -errno.
 */
int cs_file_open(int fd, bool named, const struct cs_file_options *options,
                 const struct cs_log *log, struct cs_file **file);
void cs_file_close(struct cs_file *file);

uint64_t cs_file_bytes(const struct cs_file *file);
const struct cs_file_name *cs_file_name_of(const struct cs_file *file);

/*
 * A run begins: writes its header, which is also kept for a file that has to be made anew. A
 * document replaces, by rename, what was there.
 */
int cs_file_begin(struct cs_file *file, const char *header, size_t length);

/* Whether a document stands where its path says: there is no reason to begin another one. */
bool cs_file_stays(const struct cs_file *file);

/* Opens the path again, which may be another file by now, or none. cs_file_begin() follows. */
int cs_file_reopen(struct cs_file *file);

/* Moves the file away: its path from now on in `closed`. -ENOENT: it was not there any more. */
int cs_file_retire(struct cs_file *file, char *closed, size_t room);

/* All of it or nothing. A file that was removed is made anew first, and *anew becomes true. */
int cs_file_append(struct cs_file *file, const char *data, size_t length, bool *anew);

/* Replaces the whole content by rename: a reader sees the old one or the new one. */
int cs_file_replace(struct cs_file *file, const char *data, size_t length);
