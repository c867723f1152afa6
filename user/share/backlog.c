/* SPDX-License-Identifier: MIT */
/* A ring with room for CS_BACKLOG_ENTRIES, which is a power of two. */
#include "user/share/backlog.h"

#include <errno.h>
#include <stdlib.h>

#include "user/share/protocol.h"

static struct cs_entry_line **slot(const struct cs_backlog *backlog, uint64_t number)
{
    return &backlog->lines[number % CS_BACKLOG_ENTRIES];
}

int cs_backlog_open(struct cs_backlog *backlog)
{
    *backlog =
        (struct cs_backlog){.lines = calloc(CS_BACKLOG_ENTRIES, sizeof(struct cs_entry_line *))};
    return backlog->lines ? 0 : -ENOMEM;
}

void cs_backlog_close(struct cs_backlog *backlog)
{
    while (backlog->first < backlog->end)
        cs_backlog_drop_oldest(backlog);
    free(backlog->lines);
    cs_map_free(&backlog->total_of);
}

bool cs_backlog_is_full(const struct cs_backlog *backlog, size_t length)
{
    uint64_t count = backlog->end - backlog->first;

    return count && (count == CS_BACKLOG_ENTRIES || backlog->bytes + length > CS_BACKLOG_BYTES);
}

const struct cs_entry_line *cs_backlog_at(const struct cs_backlog *backlog, uint64_t number)
{
    return *slot(backlog, number);
}

void cs_backlog_drop_oldest(struct cs_backlog *backlog)
{
    struct cs_entry_line **oldest = slot(backlog, backlog->first++);

    backlog->bytes -= (*oldest)->length;
    free(*oldest);
    *oldest = NULL;
}

void cs_backlog_add(struct cs_backlog *backlog, struct cs_entry_line *line)
{
    uintptr_t of_user = (uintptr_t)cs_map_get(&backlog->total_of, line->uid);

    *slot(backlog, backlog->end++) = line;
    backlog->bytes += line->length;
    backlog->total++;
    if (line->has_uid) /* out of memory: a count of what was before him is too small */
        cs_map_put(&backlog->total_of, line->uid, (void *)(of_user + 1));
}

uint64_t cs_backlog_last(const struct cs_backlog *backlog, const struct cs_reader *reader,
                         size_t count, uint64_t *before)
{
    uint64_t at = backlog->end;
    uint64_t all = reader->everything
                       ? backlog->total
                       : (uint64_t)(uintptr_t)cs_map_get(&backlog->total_of, reader->uid);
    size_t found = 0;

    while (at > backlog->first && found < count)
        found += cs_reader_sees(reader, cs_backlog_at(backlog, --at));
    *before = all - found;
    return at;
}
