/* SPDX-License-Identifier: MIT */
/* Writes tapes: the header from the run, the records as they come, the end mark. */
#include "user/feed/tape_writer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/base/open.h"
#include "user/base/output.h"
#include "user/feed/asked.h"
#include "user/feed/decode.h"
#include "user/feed/spoken.h"
#include "user/feed/tape.h"
#include "user/preamble/redact.h"

enum { TAPE_MODE = 0600 };

struct cs_tape_writer {
    struct cs_output *output;
    struct cs_spoken spoken;
    struct cs_asked asked;
    __u64 records;
    __u64 lost;
    bool finished; /* the end mark is written */
};

static void put_text(char *field, size_t room, const char *text)
{
    snprintf(field, room, "%s", text ? text : "");
}

static void fill_header(struct cs_tape_header *header, const struct connspan_run *run)
{
    memcpy(header->magic, CS_TAPE_MAGIC, sizeof(header->magic));
    header->byte_order = CS_TAPE_BYTE_ORDER;
    header->version = CS_TAPE_VERSION;
    header->header_bytes = sizeof(*header);
    header->libraries = run->libraries;
    header->time_origin_ns = run->time_origin_ns;
    header->time_origin_unix_ns = run->time_origin_unix_ns;
    header->clock_ns = run->clock_ns;
    header->clock_unix_ns = run->clock_unix_ns;
    put_text(header->host, sizeof(header->host), run->host);
    put_text(header->boot_id, sizeof(header->boot_id), run->boot_id);
    put_text(header->kernel, sizeof(header->kernel), run->kernel);
    put_text(header->hook_connect, sizeof(header->hook_connect), run->hook_connect);
    put_text(header->hook_state, sizeof(header->hook_state), run->hook_state);
    put_text(header->hook_wire, sizeof(header->hook_wire), run->hook_wire);
    put_text(header->hook_tls, sizeof(header->hook_tls), run->hook_tls);
    put_text(header->hook_discovery, sizeof(header->hook_discovery), run->hook_discovery);
}

/* A tape cannot be appended to; only what is a tape already may be overwritten. */
static int make_empty(const char *path, int fd, const struct cs_log *log)
{
    char magic[sizeof(CS_TAPE_MAGIC) - 1];
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return 0;
    if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic) ||
        memcmp(magic, CS_TAPE_MAGIC, sizeof(magic)) != 0)
        return cs_fail(log, -EEXIST, "%s: exists and is not a tape: remove it or name another file",
                       path);
    if (ftruncate(fd, 0) < 0)
        return cs_fail(log, -errno, "%s: cannot be emptied: %s", path, strerror(errno));
    return 0;
}

int cs_tape_writer_open(const char *path, const struct connspan_run *run, const struct cs_log *log,
                        struct cs_tape_writer **writer)
{
    struct cs_tape_header header = {0};
    struct cs_tape_writer *made;
    cs_auto_fd int fd = -1;
    int error = cs_open_output(path, TAPE_MODE, log, &fd);

    if (!error)
        error = make_empty(path, fd, log);
    if (error)
        return error;
    made = calloc(1, sizeof(*made));
    if (!made)
        return cs_fail(log, -ENOMEM, "%s: out of memory", path);
    error = cs_output_new(cs_take_fd(&fd), path, log, &made->output);
    if (error) {
        free(made);
        return error;
    }
    cs_spoken_init(&made->spoken);
    fill_header(&header, run);
    cs_output_add(made->output, &header, sizeof(header));
    *writer = made;
    return 0;
}

static void put_record(struct cs_tape_writer *writer, const void *record, size_t length)
{
    if (cs_output_add(writer->output, record, length) == 0)
        writer->records++;
}

/* A chunk's record is of a size class; what lies behind its data is left over from other records.
 * Credentials for a proxy are nobody's business who reads the tape. */
static void put_chunk(struct cs_tape_writer *writer, const struct cs_event_chunk *chunk)
{
    _Alignas(8) unsigned char bytes[CS_RECORD_MAX_BYTES + 8] = {0};
    struct cs_event_chunk *copy = (struct cs_event_chunk *)bytes;

    memcpy(bytes, chunk, sizeof(*chunk) + chunk->data_bytes);
    cs_preamble_redact(copy);
    copy->event.size_bytes = (__u32)((sizeof(*chunk) + chunk->data_bytes + 7) & ~(size_t)7);
    put_record(writer, bytes, copy->event.size_bytes);
}

/* What goes to port 53 may be anything. */
static void put_dns(struct cs_tape_writer *writer, const struct cs_event_dns *dns)
{
    _Alignas(8) unsigned char bytes[CS_RECORD_MAX_BYTES + 8] = {0};
    struct cs_event_dns *copy = (struct cs_event_dns *)bytes;

    memcpy(bytes, dns, sizeof(*dns) + dns->data_bytes);
    cs_asked_redact(&writer->asked, copy);
    copy->event.size_bytes = (__u32)((sizeof(*dns) + dns->data_bytes + 7) & ~(size_t)7);
    put_record(writer, bytes, copy->event.size_bytes);
}

/* Of HTTP/1 what of heads entries are made from stays; of HTTP/2, whose fields are compressed,
 * nothing. */
static void put_turn(struct cs_tape_writer *writer, const struct cs_event_turn *turn)
{
    _Alignas(8) unsigned char bytes[CS_RECORD_MAX_BYTES + 8] = {0};
    struct cs_event_turn *copy = (struct cs_event_turn *)bytes;

    memcpy(bytes, turn, sizeof(*turn) + turn->data_bytes);
    if (turn->is_http2) {
        memset(copy->data, 0, copy->data_bytes);
        copy->data_bytes = 0;
    } else if (!turn->is_sealed) {
        cs_spoken_redact(&writer->spoken, copy);
    }
    if (turn->news == CS_TURN_END)
        cs_spoken_forget(&writer->spoken, turn->event.conn_id);
    copy->event.size_bytes = (__u32)((sizeof(*turn) + copy->data_bytes + 7) & ~(size_t)7);
    put_record(writer, bytes, copy->event.size_bytes);
}

void cs_tape_writer_add(struct cs_tape_writer *writer, const struct cs_event *event)
{
    if (event->kind == CS_EVENT_CHUNK)
        put_chunk(writer, (const struct cs_event_chunk *)event);
    else if (event->kind == CS_EVENT_TURN)
        put_turn(writer, (const struct cs_event_turn *)event);
    else if (event->kind == CS_EVENT_DNS)
        put_dns(writer, (const struct cs_event_dns *)event);
    else
        put_record(writer, event, event->size_bytes);
}

int cs_tape_writer_flush(struct cs_tape_writer *writer)
{
    int error = cs_output_flush(writer->output);

    return error < 0 ? error : 0;
}

__u64 cs_tape_writer_lost(struct cs_tape_writer *writer)
{
    writer->lost += cs_output_take_lost(writer->output);
    return writer->lost + writer->spoken.lost;
}

int cs_tape_writer_finish(struct cs_tape_writer *writer)
{
    struct cs_event end = {
        .size_bytes = sizeof(end), .kind = CS_TAPE_END_KIND, .version = CS_EVENT_VERSION};

    if (writer->finished)
        return 0;
    writer->finished = true;
    end.conn_id = writer->records;
    cs_output_add(writer->output, &end, sizeof(end));
    return cs_output_finish(writer->output);
}

int cs_tape_writer_close(struct cs_tape_writer *writer)
{
    int error, closed;

    if (!writer)
        return 0;
    error = cs_tape_writer_finish(writer);
    closed = cs_output_close(writer->output);
    cs_spoken_free(&writer->spoken);
    cs_asked_free(&writer->asked);
    free(writer);
    return error ? error : closed;
}
