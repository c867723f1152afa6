/* SPDX-License-Identifier: MIT */
/*
 * One direction of a handshake, from chunks to events: a record began, a hello is there, an alert
 * is there. It gathers what somebody will read and steps over all else; what an event means for the
 * handshake is handshake.c's.
 */
#pragma once

#include "user/tls/message.h"
#include "user/tls/record.h"
#include "user/tls/stream.h"

enum { CS_ALERT_BYTES = 2 };

enum cs_side_event {
    CS_SIDE_NOTHING, /* more chunks are needed */
    CS_SIDE_RECORD,  /* `walk.record` begins */
    CS_SIDE_HELLO,   /* `message` is whole, or `hello_cut`; cs_side_take_hello() when read */
    CS_SIDE_ALERT,   /* `alert` came, at `alert_ns` */
    CS_SIDE_GARBAGE, /* what it sent first cannot open a handshake */
};

struct cs_side {
    struct cs_stream stream;
    struct cs_record_walk walk;
    struct cs_message message; /* the hello while it is gathered */
    enum cs_direction direction;
    __u64 hello_ns; /* the first byte of `message` passed */
    __u64 alert_ns;
    __u8 alert[CS_ALERT_BYTES]; /* level, description */
    __u8 alert_bytes;
    bool hello_done; /* no further hello is wanted */
    bool hello_cut;  /* the rest of `message` will not come */
    bool encrypts;   /* it changed ciphers: its alerts cannot be read (up to TLS 1.2) */
};

enum cs_side_event cs_side_next(struct cs_side *side);

/* Forgets the hello. The side goes on to look for another one until `hello_done`. */
void cs_side_take_hello(struct cs_side *side);

/*
 * Is a hello incomplete though bytes that lie behind its record came? If so its rest is given up
 * and the hello can be taken as it is.
 */
bool cs_side_cut_hello(struct cs_side *side);

void cs_side_wipe(struct cs_side *side);
