/* SPDX-License-Identifier: MIT */
/*
 * Records a tape (format: tape.h) beside a live run. Never makes the tracer wait: what the disk
 * does not take is counted, and the tape stays readable.
 */
#pragma once

#include <connspan/tracer.h>

#include "include/wire/event.h"
#include "user/base/log.h"

struct cs_tape_writer;

/*
 * Creates the file, mode 0600, or overwrites an older tape. 0; -EEXIST: a file that is no tape;
 * otherwise as cs_open_output.
 */
int cs_tape_writer_open(const char *path, const struct connspan_run *run, const struct cs_log *log,
                        struct cs_tape_writer **writer);

/* Takes a decoded record. Of a chunk only the captured bytes go on the tape, and of those what
 * cs_preamble_redact leaves; of a turn what cs_spoken_redact leaves. */
void cs_tape_writer_add(struct cs_tape_writer *writer, const struct cs_event *event);
int cs_tape_writer_flush(struct cs_tape_writer *writer);
__u64 cs_tape_writer_lost(struct cs_tape_writer *writer); /* records, since the start */

/* Nothing more comes: adds the end mark and flushes. What is lost by then stays lost. As close. */
int cs_tape_writer_finish(struct cs_tape_writer *writer);

/* Finishes unless that was done, and frees. 0 or -errno. NULL is fine. */
int cs_tape_writer_close(struct cs_tape_writer *writer);
