/* SPDX-License-Identifier: MIT */
/* One observer at the listener's end: its rights, its request, its place in the backlog. */
#pragma once

#include "user/base/buf.h"
#include "user/share/backlog.h"
#include "user/share/protocol.h"

struct cs_peer {
    int fd;
    struct cs_reader reader;
    int pid; /* for the log */
    uint64_t since_ms;
    char request[CS_REQUEST_BYTES];
    size_t request_bytes;
    bool observing;  /* it has made its request */
    bool blocked;    /* its socket takes no more for now */
    bool gone;       /* to be closed */
    uint64_t next;   /* number of the line to send next */
    uint64_t live;   /* where the live ones begin */
    uint64_t before; /* entries before those it was given at first */
    bool live_told;
    uint64_t dropped;
    uint64_t dropped_told;
    bool end_told;
    struct cs_buf out; /* being sent */
    size_t sent;
};

struct cs_peer *cs_peer_new(int fd, bool everyone,
                            uint64_t now_ms); /* takes the fd; NULL: no memory */
void cs_peer_free(struct cs_peer *peer);

/* Reads what it says. A request makes it observe; it is gone after anything else. */
void cs_peer_read(struct cs_peer *peer, const struct cs_backlog *backlog,
                  const struct cs_buf *header);

/* Sends as much as its socket takes; with `end` the last line after all others. */
void cs_peer_send(struct cs_peer *peer, const struct cs_backlog *backlog, bool end);
bool cs_peer_is_done(const struct cs_peer *peer, const struct cs_backlog *backlog);

/* The oldest line is about to go. */
void cs_peer_lose(struct cs_peer *peer, const struct cs_backlog *backlog);

/* Why it is turned away; then it is gone. */
void cs_peer_refuse(struct cs_peer *peer, const char *why);
