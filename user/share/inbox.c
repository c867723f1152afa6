/* SPDX-License-Identifier: MIT */
/* Two rows of lines that change places. */
#include "user/share/inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "user/base/cleanup.h"
#include "user/share/protocol.h"

int cs_inbox_open(struct cs_inbox *inbox)
{
    *inbox = (struct cs_inbox){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&inbox->lock, NULL);
    return inbox->wake_fd < 0 ? -errno : 0;
}

void cs_inbox_close(struct cs_inbox *inbox)
{
    for (size_t i = 0; i < inbox->lines.count; i++)
        free(inbox->lines.lines[i]);
    free(inbox->lines.lines);
    cs_close_at(&inbox->wake_fd);
    pthread_mutex_destroy(&inbox->lock);
}

static int append(struct cs_entry_lines *lines, struct cs_entry_line *line)
{
    if (lines->bytes + line->length > CS_INBOX_BYTES)
        return -ENOBUFS;
    if (lines->count == lines->room) {
        size_t room = lines->room ? 2 * lines->room : 256;
        struct cs_entry_line **more = realloc(lines->lines, room * sizeof(struct cs_entry_line *));

        if (!more)
            return -ENOMEM;
        lines->lines = more;
        lines->room = room;
    }
    lines->lines[lines->count++] = line;
    lines->bytes += line->length;
    return 0;
}

int cs_inbox_add(struct cs_inbox *inbox, struct cs_entry_line *line)
{
    int err;

    pthread_mutex_lock(&inbox->lock);
    err = append(&inbox->lines, line);
    pthread_mutex_unlock(&inbox->lock);
    if (err)
        free(line);
    return err;
}

void cs_inbox_wake(struct cs_inbox *inbox)
{
    eventfd_write(inbox->wake_fd, 1);
}

void cs_inbox_stop(struct cs_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->stopping = true;
    pthread_mutex_unlock(&inbox->lock);
    cs_inbox_wake(inbox);
}

bool cs_inbox_take(struct cs_inbox *inbox, struct cs_entry_lines *lines)
{
    struct cs_entry_lines empty = {.lines = lines->lines, .room = lines->room};
    eventfd_t woken;
    bool stopping;

    eventfd_read(inbox->wake_fd, &woken);
    pthread_mutex_lock(&inbox->lock);
    *lines = inbox->lines;
    inbox->lines = empty;
    stopping = inbox->stopping;
    pthread_mutex_unlock(&inbox->lock);
    return stopping;
}
