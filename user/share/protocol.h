/* SPDX-License-Identifier: MIT */
/*
 * What goes over the socket. The observer says one line, one of the requests below. The listener
 * answers in JSON lines: the header of an NDJSON file, entries that it still has (if asked for),
 * "connspan.live", then entries as they come, "connspan.dropped" in place of those that it could
 * not keep, and "connspan.end"; or, instead of all, "connspan.error".
 */
#pragma once

#define CS_REQUEST          "connspan 1\n"
#define CS_REQUEST_BUFFERED "connspan 1 buffered\n"

#define CS_LINE_LIVE    "{\"entryType\":\"connspan.live\",\"dropped\":%llu}\n"
#define CS_LINE_DROPPED "{\"entryType\":\"connspan.dropped\",\"dropped\":%llu}\n"
#define CS_LINE_END     "{\"entryType\":\"connspan.end\"}\n"
#define CS_LINE_ERROR   "{\"entryType\":\"connspan.error\",\"error\":\"%s\"}\n"

enum {
    CS_REQUEST_BYTES = 64,        /* no request is longer */
    CS_BUFFERED = 250,            /* entries that a late observer is given */
    CS_BACKLOG_ENTRIES = 4096,    /* kept for slow observers, all of whom share them */
    CS_BACKLOG_BYTES = 16 << 20,  /* the same */
    CS_INBOX_BYTES = 8 << 20,     /* between the tracer's thread and the socket's */
    CS_PEERS = 512,               /* observers at once */
    CS_PEERS_OF_USER = 128,       /* of them of one unprivileged user */
    CS_REQUEST_MS = 5000,         /* to make the request in */
    CS_MESSAGE_BYTES = 256 << 10, /* no line is longer */
};
