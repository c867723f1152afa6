/* SPDX-License-Identifier: MIT */
/* A list behind a lock. */
#include "user/file/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static struct timespec after_ms(unsigned ms)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += (long)(ms % 1000) * 1000000;
    time.tv_sec += ms / 1000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

void cs_chain_open(struct cs_chain *chain)
{
    pthread_condattr_t attributes;

    *chain = (struct cs_chain){.last = &chain->first};
    pthread_mutex_init(&chain->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&chain->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void cs_chunk_free(struct cs_chunk *chunk)
{
    if (!chunk)
        return;
    cs_buf_free(&chunk->data);
    free(chunk);
}

void cs_chain_close(struct cs_chain *chain)
{
    while (chain->first) {
        struct cs_chunk *next = chain->first->next;

        cs_chunk_free(chain->first);
        chain->first = next;
    }
    cs_chunk_free(chain->spare);
    pthread_cond_destroy(&chain->changed);
    pthread_mutex_destroy(&chain->lock);
}

struct cs_chunk *cs_chunk_new(struct cs_chain *chain)
{
    struct cs_chunk *chunk;

    pthread_mutex_lock(&chain->lock);
    chunk = chain->spare;
    chain->spare = NULL;
    pthread_mutex_unlock(&chain->lock);
    if (chunk)
        *chunk = (struct cs_chunk){.data = chunk->data};
    return chunk ? chunk : calloc(1, sizeof(*chunk));
}

void cs_chain_push(struct cs_chain *chain, struct cs_chunk *chunk)
{
    pthread_mutex_lock(&chain->lock);
    chunk->next = NULL;
    *chain->last = chunk;
    chain->last = &chunk->next;
    chain->bytes += chunk->data.length;
    pthread_cond_broadcast(&chain->changed);
    pthread_mutex_unlock(&chain->lock);
}

struct cs_chunk *cs_chain_take(struct cs_chain *chain)
{
    struct cs_chunk *chunk;

    pthread_mutex_lock(&chain->lock);
    while (!chain->first && !chain->stop)
        pthread_cond_wait(&chain->changed, &chain->lock);
    chunk = chain->stop ? NULL : chain->first;
    pthread_mutex_unlock(&chain->lock);
    return chunk;
}

/* Under the lock. */
static void drop_first(struct cs_chain *chain)
{
    struct cs_chunk *chunk = chain->first;

    chain->first = chunk->next;
    if (!chain->first)
        chain->last = &chain->first;
    chain->bytes -= chunk->data.length;
    if (chain->spare || chunk->data.room > 4 * CS_CHUNK_BYTES) {
        cs_chunk_free(chunk);
        return;
    }
    cs_buf_clear(&chunk->data);
    chain->spare = chunk;
}

void cs_chain_done(struct cs_chain *chain, int error, unsigned retry_ms)
{
    struct timespec retry = after_ms(retry_ms);

    pthread_mutex_lock(&chain->lock);
    chain->trouble = error;
    /* A newer content makes an older one that could not be written pointless. */
    if (!error || (chain->first->kind == CS_CHUNK_REPLACE && chain->first->next))
        drop_first(chain);
    pthread_cond_broadcast(&chain->changed);
    while (error && !chain->stop &&
           pthread_cond_timedwait(&chain->changed, &chain->lock, &retry) == 0)
        ; /* a chunk more is no reason to try again */
    pthread_mutex_unlock(&chain->lock);
}

int cs_chain_stop(struct cs_chain *chain, unsigned wait_ms)
{
    struct timespec end = after_ms(wait_ms);
    int waited = 0, error = 0;

    pthread_mutex_lock(&chain->lock);
    while (chain->first && !chain->trouble && !waited)
        waited = pthread_cond_timedwait(&chain->changed, &chain->lock, &end);
    if (chain->first)
        error = chain->trouble ? chain->trouble : -EAGAIN;
    chain->stop = true;
    pthread_cond_broadcast(&chain->changed);
    pthread_mutex_unlock(&chain->lock);
    return error;
}
