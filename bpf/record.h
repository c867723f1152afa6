/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* One TLS record by its header, for every program that looks at one; defined in records.h. */
#pragma once

#include "packet.h"

enum { /* RFC 8446 section 5.1 */
       RECORD_CHANGE_CIPHER_SPEC = 20,
       RECORD_ALERT = 21,
       RECORD_HANDSHAKE = 22,
       RECORD_APPLICATION_DATA = 23,
       RECORD_HEARTBEAT = 24,
       RECORD_HEADER_BYTES = 5,
       HANDSHAKE_CLIENT_HELLO = 1,
};

enum { RECORD_UNREADABLE = 0, RECORD_NONE = 1 };

/*
 * The TLS record at `at`, packed as type | first byte of its body << 8 | length << 16; UNREADABLE:
 * its header is not all in this packet; NONE: no TLS. A global function: verified once, where
 * inlined it would be once for each turn of the loop.
 */
__u32 record_at(struct __sk_buff *skb, __u32 at);
