/* SPDX-License-Identifier: MIT */
/* Reads tapes. The buffer always holds one whole record, or what is left of the file. */
#include "user/feed/tape.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/feed/decode.h"

enum { BUFFER_BYTES = 64 << 10 };

struct cs_tape {
    int fd;
    char *path;
    struct cs_log log;
    struct cs_tape_header header;
    __u64 offset;  /* in the file, of buffer[begin] */
    __u64 records; /* given so far */
    size_t begin;
    size_t end;
    int verdict; /* what cs_tape_next answers from now on; 1: read on */
    _Alignas(8) unsigned char buffer[BUFFER_BYTES];
};

static_assert(BUFFER_BYTES >= 2 * CS_RECORD_MAX_BYTES, "room for a record wherever it begins");

static int fail_read(struct cs_tape *tape)
{
    return cs_fail(&tape->log, -errno, "%s: cannot be read: %s", tape->path, strerror(errno));
}

/* Tries to have `want` bytes in the buffer; fewer are there only at the end of the file. */
static int fill(struct cs_tape *tape, size_t want)
{
    if (tape->end - tape->begin >= want)
        return 0;
    memmove(tape->buffer, tape->buffer + tape->begin, tape->end - tape->begin);
    tape->end -= tape->begin;
    tape->begin = 0;
    while (tape->end < want) {
        ssize_t got = read(tape->fd, tape->buffer + tape->end, BUFFER_BYTES - tape->end);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_read(tape);
        if (got == 0)
            break;
        tape->end += (size_t)got;
    }
    return 0;
}

static void consume(struct cs_tape *tape, size_t length)
{
    tape->begin += length;
    tape->offset += length;
}

static bool terminated(const struct cs_tape_header *header)
{
    return memchr(header->host, 0, sizeof(header->host)) &&
           memchr(header->boot_id, 0, sizeof(header->boot_id)) &&
           memchr(header->kernel, 0, sizeof(header->kernel)) &&
           memchr(header->hook_connect, 0, sizeof(header->hook_connect)) &&
           memchr(header->hook_state, 0, sizeof(header->hook_state)) &&
           memchr(header->hook_wire, 0, sizeof(header->hook_wire)) &&
           memchr(header->hook_tls, 0, sizeof(header->hook_tls)) &&
           memchr(header->hook_discovery, 0, sizeof(header->hook_discovery));
}

static int check_header(const struct cs_tape *tape, size_t length)
{
    const struct cs_tape_header *header = &tape->header;
    const struct cs_log *log = &tape->log;
    size_t magic = length < sizeof(header->magic) ? length : sizeof(header->magic);

    if (length == 0)
        return cs_fail(log, -ENODATA, "%s: is empty: no tape was recorded to it", tape->path);
    if (memcmp(header->magic, CS_TAPE_MAGIC, magic) != 0)
        return cs_fail(log, -EPROTO, "%s: is not a connspan tape: record one with --tape",
                       tape->path);
    if (length < sizeof(*header))
        return cs_fail(log, -ENODATA, "%s: is cut short in its header, after %zu of %zu bytes",
                       tape->path, length, sizeof(*header));
    if (header->byte_order == __builtin_bswap32(CS_TAPE_BYTE_ORDER))
        return cs_fail(log, -EPROTO,
                       "%s: was recorded on a host of the other byte order: replay it there",
                       tape->path);
    if (header->byte_order == CS_TAPE_BYTE_ORDER && header->version != CS_TAPE_VERSION)
        return cs_fail(log, -EPROTO,
                       "%s: is a tape of version %u, this program reads version %u: use the "
                       "connspan that recorded it",
                       tape->path, header->version, CS_TAPE_VERSION);
    if (header->byte_order != CS_TAPE_BYTE_ORDER || header->header_bytes != sizeof(*header) ||
        !terminated(header))
        return cs_fail(log, -EPROTO, "%s: its header is damaged", tape->path);
    return 0;
}

static int read_header(struct cs_tape *tape)
{
    struct stat st;
    size_t length;
    int error;

    if (fstat(tape->fd, &st) == 0 && S_ISDIR(st.st_mode))
        return cs_fail(&tape->log, -EISDIR, "%s: is a directory: name a tape in it", tape->path);
    error = fill(tape, sizeof(tape->header));
    if (error)
        return error;
    length = tape->end < sizeof(tape->header) ? tape->end : sizeof(tape->header);
    memcpy(&tape->header, tape->buffer, length);
    consume(tape, length);
    return check_header(tape, length);
}

int cs_tape_open(const char *path, const struct cs_log *log, struct cs_tape **tape)
{
    struct cs_tape *made = calloc(1, sizeof(*made));
    char *name = strdup(path);
    int error;

    if (!made || !name) {
        free(made);
        free(name);
        return cs_fail(log, -ENOMEM, "%s: out of memory", path);
    }
    made->path = name;
    made->verdict = 1;
    if (log)
        made->log = *log;
    made->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    error = made->fd < 0 ? fail_read(made) : read_header(made);
    if (error) {
        cs_tape_close(made);
        return error;
    }
    *tape = made;
    return 0;
}

void cs_tape_run(const struct cs_tape *tape, struct connspan_run *run)
{
    const struct cs_tape_header *header = &tape->header;

    run->time_origin_ns = header->time_origin_ns;
    run->time_origin_unix_ns = header->time_origin_unix_ns;
    run->clock_ns = header->clock_ns;
    run->clock_unix_ns = header->clock_unix_ns;
    run->host = header->host;
    run->boot_id = header->boot_id;
    run->kernel = header->kernel;
    run->hook_connect = header->hook_connect;
    run->hook_state = header->hook_state;
    run->hook_wire = header->hook_wire;
    run->hook_tls = header->hook_tls;
    run->hook_discovery = header->hook_discovery;
    run->libraries = header->libraries;
}

static int fail_cut(const struct cs_tape *tape)
{
    return cs_fail(&tape->log, -ENODATA,
                   "%s: is cut short after %llu records, at byte %llu: it was not closed in order",
                   tape->path, (unsigned long long)tape->records, (unsigned long long)tape->offset);
}

static int fail_garbage(const struct cs_tape *tape)
{
    return cs_fail(&tape->log, -EPROTO, "%s: is damaged at byte %llu, after %llu records",
                   tape->path, (unsigned long long)tape->offset, (unsigned long long)tape->records);
}

static bool is_end_mark(const struct cs_tape *tape, const struct cs_event *event)
{
    return event->kind == CS_TAPE_END_KIND && event->size_bytes == sizeof(*event) &&
           event->conn_id == tape->records;
}

static int read_record(struct cs_tape *tape, const struct cs_event **event)
{
    const struct cs_event *head;
    size_t there;
    int error = fill(tape, CS_RECORD_MAX_BYTES);

    if (error)
        return error;
    there = tape->end - tape->begin;
    head = (const struct cs_event *)(tape->buffer + tape->begin);
    if (there < sizeof(*head))
        return fail_cut(tape);
    if (is_end_mark(tape, head))
        return there == sizeof(*head) ? 0 : fail_garbage(tape);
    if (head->size_bytes > there && head->size_bytes <= CS_RECORD_MAX_BYTES)
        return fail_cut(tape);
    if (cs_decode(head, there, event) < 0)
        return fail_garbage(tape);
    consume(tape, head->size_bytes);
    tape->records++;
    return 1;
}

int cs_tape_next(struct cs_tape *tape, const struct cs_event **event)
{
    if (tape->verdict == 1)
        tape->verdict = read_record(tape, event);
    return tape->verdict;
}

void cs_tape_close(struct cs_tape *tape)
{
    if (!tape)
        return;
    if (tape->fd >= 0)
        close(tape->fd);
    free(tape->path);
    free(tape);
}
