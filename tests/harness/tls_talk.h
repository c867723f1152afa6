/* SPDX-License-Identifier: MIT */
/*
 * A conversation of packets, and ways to let a capture see it: cut, doubled, backwards. Tests write
 * what was said and when; what a handshake makes of it comes back as facts.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

#include "include/wire/event.h"
#include "user/base/buf.h"
#include "user/tls/handshake.h"

enum { TLS_TALK_PACKETS = 64 };

struct tls_packet {
    __u64 ts_ns;
    enum cs_direction direction;
    struct cs_buf bytes;
};

struct tls_talk {
    struct tls_packet packets[TLS_TALK_PACKETS];
    size_t count;
};

struct tls_capture {
    size_t split_bytes;   /* chunks of this size; 0: a chunk a packet */
    size_t capture_bytes; /* of each packet; 0: all */
    __u32 client_base;    /* offset of the first byte */
    __u32 server_base;
    bool backwards;
    bool doubled;
};

/* A new packet to fill. */
struct cs_buf *tls_say(struct tls_talk *talk, enum cs_direction direction, __u64 ts_ns);

/*
 * Reads a recorded conversation: lines "> HEX" from the client, "< HEX" from the server, each a
 * packet, 1000 ns apart from 1000 on; other lines are comments. 0 or -errno.
 */
int tls_talk_read(struct tls_talk *talk, const char *path);

struct cs_tls_facts tls_facts(const struct tls_talk *talk, const struct tls_capture *capture);
void tls_talk_free(struct tls_talk *talk);

struct tls_piece {
    __u64 ts_ns;
    const void *data;
    size_t length;
    __u32 offset;
    enum cs_direction direction;
    __u8 flags; /* enum cs_chunk_flag */
};

/* One chunk by hand. */
void tls_feed(struct cs_handshake *handshake, const struct tls_piece *piece);
