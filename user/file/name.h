/* SPDX-License-Identifier: MIT */
/* What closed files are called: stem.YYYYMMDDTHHMMSSZ.NNNN.ext, so that their names sort by time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* FILE taken apart: folder/stem.ext. Borrows from the path. */
struct cs_file_name {
    const char *path;
    size_t folder_bytes; /* with the slash; 0: the working folder */
    size_t stem_bytes;   /* behind the folder */
    const char *extension;
};

/* `extension` is the format's, for names in which a dot alone would not tell it (".trace.json"). */
struct cs_file_name cs_file_name(const char *path, const char *extension);

/* The path of the file closed at `now`. False: `room` is too small. */
bool cs_file_closed_path(const struct cs_file_name *name, time_t now, unsigned number, char *path,
                         size_t room);

enum cs_closed { CS_CLOSED_NONE, CS_CLOSED_PLAIN, CS_CLOSED_GZIP, CS_CLOSED_PART };

/* What a file of FILE's folder is; PART: a compression that did not come to its end. */
enum cs_closed cs_file_closed_kind(const struct cs_file_name *name, const char *found);
