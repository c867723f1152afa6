/* SPDX-License-Identifier: MIT */
/*
 * A line of the socket read back: an entry, or what protocol.h says besides. What a newer tracer
 * adds is passed over; what is no JSON object, or an entry without a name, is refused.
 */
#pragma once

#include <connspan/tracer.h>

enum cs_message_kind {
    CS_MESSAGE_OTHER,
    CS_MESSAGE_HEADER,
    CS_MESSAGE_ENTRY,
    CS_MESSAGE_LIVE,
    CS_MESSAGE_DROPPED,
    CS_MESSAGE_END,
    CS_MESSAGE_ERROR,
};

enum { CS_MESSAGE_LIST = 16 }; /* strings of one list that are kept */

/* Strings live until the next line is read. */
struct cs_message {
    enum cs_message_kind kind;
    const char *type;
    struct connspan_entry entry;
    struct connspan_run run;
    uint64_t dropped;
    const char *error;
    const char *timestamp;
    const char *flags[CS_MESSAGE_LIST];
    const char *alpn_offered[CS_MESSAGE_LIST];
};

struct cs_message_reader;

struct cs_message_reader *cs_message_reader_new(void); /* NULL: out of memory */
void cs_message_reader_free(struct cs_message_reader *reader);

/* `line` has no newline. NULL: it is none of ours, or there is no memory for it. */
const struct cs_message *cs_message_read(struct cs_message_reader *reader, const char *line,
                                         size_t length);
