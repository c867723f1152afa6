/* SPDX-License-Identifier: MIT */
/*
 * The walk from TLS record to TLS record of one stream (RFC 8446 section 5.1). It reads headers and
 * hands out the bodies that somebody wants; all other bodies are stepped over by their length, so
 * that what was not captured of them does not matter. What a record means is handshake.c's.
 */
#pragma once

#include "user/tls/stream.h"

enum cs_record_type {
    CS_RECORD_CCS = 20, /* change_cipher_spec; an empty gesture in TLS 1.3 */
    CS_RECORD_ALERT = 21,
    CS_RECORD_HANDSHAKE = 22,
    CS_RECORD_DATA = 23, /* application_data; in TLS 1.3 all that is encrypted */
    CS_RECORD_HEARTBEAT = 24,
};

enum { CS_RECORD_HEADER_BYTES = 5 };

struct cs_record_header {
    __u64 first_ns;  /* the packet with the first byte of the header passed */
    __u64 header_ns; /* the one with its last byte */
    __u16 length;    /* of the body */
    __u8 type;       /* enum cs_record_type */
};

struct cs_record_walk {
    struct cs_record_header record; /* the newest whose header is whole */
    __u8 header[CS_RECORD_HEADER_BYTES];
    __u8 header_bytes;
    __u16 body_left; /* bytes of the record that were neither taken nor skipped */
    bool lost;       /* what should be a header is none: only a resync helps */
};

enum cs_opening {
    CS_OPENING_NO,    /* these bytes cannot open a handshake */
    CS_OPENING_SHORT, /* so far they can */
    CS_OPENING_YES,
};

enum { CS_OPENING_BYTES = CS_RECORD_HEADER_BYTES + 1 };

/* Could a side's first bytes be its hello, or for the server an alert? */
enum cs_opening cs_record_opening(const __u8 *bytes, size_t length, enum cs_direction direction);

/* Steps to the next record, over what is left of this one. false: its header has not come. */
bool cs_record_next(struct cs_record_walk *walk, struct cs_stream *stream);

/* Bytes of the body of one packet, not yet taken. false: they have not come, or there are none. */
bool cs_record_span(const struct cs_record_walk *walk, const struct cs_stream *stream,
                    struct cs_span *span);

/* Takes bytes of the body, come or not; at most what is left of it. */
void cs_record_skip(struct cs_record_walk *walk, struct cs_stream *stream, size_t bytes);

/* Forgets the record it is in: the stream's next byte starts one. */
void cs_record_restart(struct cs_record_walk *walk);
