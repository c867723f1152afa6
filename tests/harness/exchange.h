/* SPDX-License-Identifier: MIT */
/*
 * Exchanges before TLS, as tests/unit/preamble/exchanges keeps them: "> " what the client sent in
 * one packet, "< " the server, "= " what must be known in the end, "# " where it comes from. Bytes
 * that are not printable are written as in C: \r \n \t \\ and \x with two digits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/preamble/preamble.h"

enum { EXCHANGE_MESSAGES = 32, EXCHANGE_TEXT_BYTES = 1024 };

struct exchange {
    size_t count;
    struct {
        __u8 *data;
        size_t length;
        __u32 offset;
        __u8 direction;
    } messages[EXCHANGE_MESSAGES];
    char expected[EXCHANGE_TEXT_BYTES];
};

/* How the packets reach the parser. */
struct exchange_cut {
    size_t split_bytes; /* 0: packets stay whole */
    bool reversed;      /* the last comes first */
    bool doubled;       /* each twice, the second time with the bytes before it */
};

/* 0, or -errno. */
int exchange_read(struct exchange *exchange, const char *path);
void exchange_free(struct exchange *exchange);

/* Message number n has the time n * 1000 ns, however it is cut. */
void exchange_play(const struct exchange *exchange, const struct exchange_cut *cut,
                   struct cs_preamble *preamble);

/* The facts in the form of the "= " lines. */
void exchange_describe(const struct cs_preamble_facts *facts, char *out, size_t out_bytes);
