/* SPDX-License-Identifier: MIT */
/*
 * A tape: one header, then the same records that the ring carries, back to back at multiples of 8
 * bytes, then an end mark. This file owns the format and reading; writing is tape_writer.h's. A
 * tape may be of any size and by anybody: it is read through a bounded buffer, and every record is
 * decoded here.
 */
#pragma once

#include <connspan/tracer.h>

#include "include/wire/event.h"
#include "user/base/log.h"

#define CS_TAPE_MAGIC      "CONNSPAN" /* without a NUL */
#define CS_TAPE_VERSION    1
#define CS_TAPE_BYTE_ORDER 0x01020304u
#define CS_TAPE_END_KIND   0xffff /* of the end mark: a bare header, conn_id = records before it */

/* In the byte order of the host that wrote it. Texts are NUL-terminated and padded with NULs. */
struct cs_tape_header {
    char magic[8];
    __u32 byte_order;
    __u32 version;      /* of this layout and of the records: CS_TAPE_VERSION */
    __u32 header_bytes; /* the records begin here */
    __u32 libraries;
    __u64 time_origin_ns;
    __u64 time_origin_unix_ns;
    __u64 clock_ns;
    __u64 clock_unix_ns;
    char host[72]; /* HOST_NAME_MAX is 64 */
    char boot_id[40];
    char kernel[72]; /* utsname.release is 65 */
    char hook_connect[16];
    char hook_state[16];
    char hook_wire[16];
    char hook_tls[16];
    char hook_discovery[16];
};

_Static_assert(sizeof(struct cs_tape_header) == 320, "tape header layout");

struct cs_tape;

/*
 * 0; -EISDIR, -ENODATA empty or cut in the header, -EPROTO not a tape, or of another version or
 * byte order; -errno of open(2) and read(2).
 */
int cs_tape_open(const char *path, const struct cs_log *log, struct cs_tape **tape);

/* Fills all of `run` but `version`; the texts belong to the tape. */
void cs_tape_run(const struct cs_tape *tape, struct connspan_run *run);

/*
 * 1: *event is the next record, valid until the next call. 0: the end of a tape that was closed in
 * order. -ENODATA: the tape was cut short, and all whole records were given. -EPROTO: garbage, at
 * an offset that the log tells. -errno of read(2). After anything but 1 it stays so.
 */
int cs_tape_next(struct cs_tape *tape, const struct cs_event **event);

void cs_tape_close(struct cs_tape *tape); /* NULL is fine */
