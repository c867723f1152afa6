/* SPDX-License-Identifier: MIT */
/*
 * Lines that a thread of the library has to say. The log callback belongs to the caller's thread:
 * they wait here until the caller calls.
 */
#pragma once

#include <pthread.h>

#include "user/base/log.h"

enum { CS_NOTES = 8, CS_NOTE_BYTES = 512 };

struct cs_notes {
    pthread_mutex_t lock;
    unsigned count; /* what is too much for one call is not kept: the first ones tell the cause */
    enum connspan_level levels[CS_NOTES];
    char lines[CS_NOTES][CS_NOTE_BYTES];
};

void cs_notes_open(struct cs_notes *notes);
void cs_notes_close(struct cs_notes *notes);

__attribute__((format(printf, 3, 4))) void
cs_note(struct cs_notes *notes, enum connspan_level level, const char *format, ...);

/* Hands everything over to the log. */
void cs_notes_tell(struct cs_notes *notes, const struct cs_log *log);
