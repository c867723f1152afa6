/* SPDX-License-Identifier: MIT */
/* The socket's thread: who connects, and who is given what. All in here is that thread's own. */
#pragma once

#include "user/base/buf.h"
#include "user/file/notes.h"
#include "user/share/inbox.h"
#include "user/share/peer.h"

struct cs_server {
    int socket_fd;
    bool everyone;
    struct cs_inbox *inbox;
    struct cs_notes *notes;
    struct cs_buf header;
    struct cs_backlog backlog;
    int epoll_fd;
    struct cs_peer *peers[CS_PEERS];
    size_t peer_count;
    bool deaf; /* out of descriptors: does not accept for a while */
    bool ending;
    uint64_t end_ms; /* how long it waits then */
};

void *cs_server_run(void *server); /* of struct cs_server; returns after cs_inbox_stop */
