/* SPDX-License-Identifier: MIT */
/* A few lines behind a lock, which is never held while the callback runs. */
#include "user/file/notes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void cs_notes_open(struct cs_notes *notes)
{
    pthread_mutex_init(&notes->lock, NULL);
    notes->count = 0;
}

void cs_notes_close(struct cs_notes *notes)
{
    pthread_mutex_destroy(&notes->lock);
}

void cs_note(struct cs_notes *notes, enum connspan_level level, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&notes->lock);
    if (notes->count < CS_NOTES) {
        va_start(args, format);
        vsnprintf(notes->lines[notes->count], CS_NOTE_BYTES, format, args);
        va_end(args);
        notes->levels[notes->count++] = level;
    }
    pthread_mutex_unlock(&notes->lock);
}

static bool take(struct cs_notes *notes, enum connspan_level *level, char line[CS_NOTE_BYTES])
{
    bool found;

    pthread_mutex_lock(&notes->lock);
    found = notes->count > 0;
    if (found) {
        notes->count--;
        *level = notes->levels[0];
        memcpy(line, notes->lines[0], CS_NOTE_BYTES);
        memmove(notes->levels, notes->levels + 1, notes->count * sizeof(notes->levels[0]));
        memmove(notes->lines, notes->lines + 1, notes->count * sizeof(notes->lines[0]));
    }
    pthread_mutex_unlock(&notes->lock);
    return found;
}

void cs_notes_tell(struct cs_notes *notes, const struct cs_log *log)
{
    enum connspan_level level;
    char line[CS_NOTE_BYTES];

    while (take(notes, &level, line))
        cs_say(log, level, "%s", line);
}
