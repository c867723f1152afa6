/* SPDX-License-Identifier: MIT */
/*
 * Chunks of bytes on their way from one thread to another. The lock is held to link one, never
 * while something is written.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "user/base/buf.h"
#include "user/file/spool.h"

enum { CS_CHUNK_BYTES = 256 << 10 }; /* worth a write */

enum cs_chunk_kind { CS_CHUNK_UNITS, CS_CHUNK_BEGIN, CS_CHUNK_REPLACE };

struct cs_chunk {
    struct cs_chunk *next;
    enum cs_chunk_kind kind;
    enum cs_begin begin;
    bool away; /* BEGIN: the old file was dealt with */
    uint64_t units;
    struct cs_buf data;
};

struct cs_chain {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    struct cs_chunk *first; /* the one that is being written, if any */
    struct cs_chunk **last;
    struct cs_chunk *spare; /* one written chunk, to be filled again */
    size_t bytes;
    int trouble; /* -errno of the last try to write; 0: it went well */
    bool stop;
};

void cs_chain_open(struct cs_chain *chain);
void cs_chain_close(struct cs_chain *chain); /* frees the chunks */

struct cs_chunk *cs_chunk_new(struct cs_chain *chain); /* NULL: out of memory */
void cs_chunk_free(struct cs_chunk *chunk);
void cs_chain_push(struct cs_chain *chain, struct cs_chunk *chunk);

/* The next one to write, waiting for it; NULL: the chain was stopped. */
struct cs_chunk *cs_chain_take(struct cs_chain *chain);

/* What became of it. With an error it stays the first, and `retry_ms` pass, or the stop comes. */
void cs_chain_done(struct cs_chain *chain, int error, unsigned retry_ms);

/* Lets the writer end; waits before for what it still writes. 0, or why something is left. */
int cs_chain_stop(struct cs_chain *chain, unsigned wait_ms);
