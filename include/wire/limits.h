/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Sizes, and a time, that both halves must agree on, each with its reason. */
#pragma once

enum {
    CS_MAX_CPUS_IN_ID =
        64, /* low bits of a connection id: two CPUs may connect in one nanosecond */
    CS_CAPTURE_BYTES = 16384,   /* per direction: a server's flight with its certificates */
    CS_CAPTURE_PACKETS = 512,   /* with payload, per connection: 16 KB at the smallest MSS */
    CS_PREAMBLE_PACKETS = 2048, /* a dialogue with a proxy, even if it is sent byte by byte */
    CS_CHUNKS_PER_PACKET = 4,   /* a segment before offload may hold a whole flight */
    CS_RECORDS_PER_PACKET = 8,  /* a whole server flight of TLS 1.3 with client auth is 7 */
    CS_MAX_SSL = 16384,         /* OpenSSL objects in a handshake, and threads inside one */
    CS_MAX_SSL_NAMES =
        1024, /* server names of objects whose hello nobody can read, not bound yet */
    CS_CONSENT_BYTES = 2048, /* of a proxy, encrypted, with the tickets before it */
    CS_MAX_LISTENERS = 4096,
    CS_MAX_SYNS = 16384,        /* SYNs seen on listeners whose child is not there yet */
    CS_MAX_TREE = 65536,        /* processes followed */
    CS_TURN_PACKETS = 16,       /* that bytes of one turn are copied from */
    CS_TURN_SEALED_PACKETS = 4, /* the same, with TLS: session tickets come in the first ones */
    CS_TURN_RECORDS = 8,        /* TLS records told of one packet */
    CS_MAX_DNS = 4096,          /* sockets that asked a name server, and processes that are one */
};

/* Who is silent for so long is told as it stands; what ends sooner ended in the middle. */
#define CS_SILENT_NS 1000000000ull
