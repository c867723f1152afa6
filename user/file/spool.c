/* SPDX-License-Identifier: MIT */
/*
 * The caller fills a chunk without a lock and hands it over when it is full or flushed; the thread
 * writes chunks in turn and drops none but by success.
 */
#include "user/file/spool.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/thread.h"
#include "user/file/chain.h"
#include "user/file/keeper.h"
#include "user/file/notes.h"

enum {
    LIMIT_BYTES = 16 << 20, /* held for a slow or full disk; a full ring makes 10 MB of NDJSON */
    RETRY_MS = 1000,
    LAST_WAIT_MS = 5000,
};

struct cs_spool {
    char *path;
    struct cs_chain chain;
    struct cs_notes notes;

    /* the caller's */
    struct cs_log log;
    struct cs_chunk *filling; /* NULL: none */
    uint64_t lost;
    int ended; /* what cs_spool_finish() returned */
    bool slow_said;
    bool finished;
    bool started;
    pthread_t thread;

    /* the thread's, from its start to its end */
    struct cs_file *file;
    struct cs_keeper *keeper; /* NULL: nothing to keep or to compress */
    int said;                 /* -errno that was said and is not over; 0: none */
};

/* ---- the thread ---------------------------------------------------------------------------- */

/* A file that cannot be renamed is written on: too large a file is better than none. */
static void retire(struct cs_spool *spool)
{
    char closed[PATH_MAX] = "";
    int error = cs_file_retire(spool->file, closed, sizeof(closed));

    if (error && error != -ENOENT)
        cs_note(&spool->notes, CONNSPAN_ERROR, "%s: cannot be renamed to %s: %s", spool->path,
                closed, strerror(-error));
    else if (spool->keeper)
        cs_keeper_wake(spool->keeper);
}

static int begin(struct cs_spool *spool, struct cs_chunk *chunk)
{
    int error;

    if (chunk->begin == CS_BEGIN_REOPEN && cs_file_stays(spool->file))
        return 0;
    if (!chunk->away && chunk->begin == CS_BEGIN_ROTATE)
        retire(spool);
    chunk->away = true;
    error = chunk->begin == CS_BEGIN_FIRST ? 0 : cs_file_reopen(spool->file);
    if (!error)
        error = cs_file_begin(spool->file, chunk->data.data, chunk->data.length);
    return error;
}

static int write_chunk(struct cs_spool *spool, struct cs_chunk *chunk)
{
    const struct cs_buf *data = &chunk->data;
    bool anew = false;
    int error;

    if (chunk->kind == CS_CHUNK_BEGIN)
        return begin(spool, chunk);
    if (chunk->kind == CS_CHUNK_REPLACE)
        return cs_file_replace(spool->file, data->data, data->length);
    error = cs_file_append(spool->file, data->data, data->length, &anew);
    if (anew)
        cs_note(&spool->notes, CONNSPAN_WARNING, "%s: was removed: begun anew", spool->path);
    return error;
}

static void tell(struct cs_spool *spool, int error)
{
    if (error && error != spool->said)
        cs_note(&spool->notes, CONNSPAN_ERROR, "%s: %s: tried again every second", spool->path,
                strerror(-error));
    else if (!error && spool->said)
        cs_note(&spool->notes, CONNSPAN_WARNING, "%s: can be written again", spool->path);
    spool->said = error;
}

static void *run(void *context)
{
    struct cs_spool *spool = context;
    struct cs_chunk *chunk;

    if (spool->keeper)
        cs_keeper_wake(spool->keeper);
    while ((chunk = cs_chain_take(&spool->chain))) {
        int error = write_chunk(spool, chunk);

        tell(spool, error);
        cs_chain_done(&spool->chain, error, RETRY_MS);
    }
    return NULL;
}

/* ---- the caller ---------------------------------------------------------------------------- */

static int fail_memory(const struct cs_spool *spool)
{
    return cs_fail(&spool->log, -ENOMEM, "%s: out of memory", spool->path);
}

int cs_spool_new(struct cs_file *file, const char *path, const struct cs_spool_options *options,
                 const struct cs_log *log, struct cs_spool **spool)
{
    struct cs_keeper_options wanted = {.keep = options->keep, .compress = options->compress};
    struct cs_spool *made = calloc(1, sizeof(*made));

    if (!made || !(made->path = strdup(path))) {
        free(made);
        cs_file_close(file);
        return cs_fail(log, -ENOMEM, "%s: out of memory", path);
    }
    if (log)
        made->log = *log;
    made->file = file;
    cs_notes_open(&made->notes);
    cs_chain_open(&made->chain);
    if (options->keep || options->compress) {
        wanted.name = cs_file_name_of(file);
        wanted.notes = &made->notes;
        made->keeper = cs_keeper_new(&wanted);
        if (!made->keeper) {
            cs_spool_close(made);
            return cs_fail(log, -ENOMEM, "%s: out of memory", path);
        }
    }
    *spool = made;
    return 0;
}

/* The thread begins with the first chunk: the rights that the caller gave up before, it never has;
 * the priority that the caller has, it needs too, or a saturated host would starve it. */
static int start(struct cs_spool *spool)
{
    int error = spool->started ? 0 : cs_thread_start(&spool->thread, "connspan-write", run, spool);

    if (error)
        return cs_fail(&spool->log, error, "%s: no thread to write it: %s", spool->path,
                       strerror(-error));
    spool->started = true;
    return 0;
}

static int hand_over(struct cs_spool *spool)
{
    struct cs_chunk *chunk = spool->filling;

    if (!chunk)
        return 0;
    spool->filling = NULL;
    cs_chain_push(&spool->chain, chunk);
    return start(spool);
}

/* The unit is in no chunk: it is gone. */
static int lose(struct cs_spool *spool, int trouble)
{
    spool->lost++;
    if (trouble)
        return trouble;
    if (!spool->slow_said)
        cs_say(&spool->log, CONNSPAN_ERROR, "%s: is written too slowly: what does not fit is lost",
               spool->path);
    spool->slow_said = true;
    return -EAGAIN;
}

/* Sees to a chunk to fill. 0, or the -errno to which the unit is lost. */
static int begin_filling(struct cs_spool *spool)
{
    struct cs_chain *chain = &spool->chain;
    size_t held;
    int trouble;

    pthread_mutex_lock(&chain->lock);
    held = chain->bytes;
    trouble = chain->trouble;
    pthread_mutex_unlock(&chain->lock);
    if (held + CS_CHUNK_BYTES > LIMIT_BYTES)
        return lose(spool, trouble);
    spool->filling = cs_chunk_new(chain);
    if (spool->filling)
        return 0;
    spool->lost++;
    return fail_memory(spool);
}

int cs_spool_add(struct cs_spool *spool, const void *unit, size_t length)
{
    int error = spool->filling ? 0 : begin_filling(spool);
    struct cs_buf *data;

    if (error)
        return error;
    data = &spool->filling->data;
    cs_buf_add(data, unit, length);
    if (data->failed) {
        data->failed = false;
        spool->lost++;
        return fail_memory(spool);
    }
    spool->filling->units++;
    return data->length < CS_CHUNK_BYTES ? 0 : hand_over(spool);
}

/* A chunk of its own, which the bound does not hold back: there are few, and files hang on them. */
static int hand_over_whole(struct cs_spool *spool, struct cs_chunk like, const void *data,
                           size_t length)
{
    int error = hand_over(spool);
    struct cs_chunk *chunk = calloc(1, sizeof(*chunk));

    if (!chunk)
        return fail_memory(spool);
    *chunk = like;
    cs_buf_add(&chunk->data, data, length);
    if (chunk->data.failed) {
        cs_chunk_free(chunk);
        return fail_memory(spool);
    }
    spool->filling = chunk;
    return error ? error : hand_over(spool);
}

int cs_spool_begin(struct cs_spool *spool, enum cs_begin how, const char *header, size_t length)
{
    return hand_over_whole(spool, (struct cs_chunk){.kind = CS_CHUNK_BEGIN, .begin = how}, header,
                           length);
}

int cs_spool_replace(struct cs_spool *spool, const void *content, size_t length)
{
    return hand_over_whole(spool, (struct cs_chunk){.kind = CS_CHUNK_REPLACE}, content, length);
}

int cs_spool_flush(struct cs_spool *spool)
{
    struct cs_chain *chain = &spool->chain;
    int error = hand_over(spool);
    bool pending;

    pthread_mutex_lock(&chain->lock);
    pending = chain->first != NULL;
    if (!error && pending)
        error = chain->trouble;
    pthread_mutex_unlock(&chain->lock);
    if (!pending)
        spool->slow_said = false;
    cs_notes_tell(&spool->notes, &spool->log);
    return error ? error : pending;
}

uint64_t cs_spool_take_lost(struct cs_spool *spool)
{
    uint64_t lost = spool->lost;

    spool->lost = 0;
    return lost;
}

int cs_spool_finish(struct cs_spool *spool)
{
    int error;

    if (spool->finished)
        return spool->ended;
    error = hand_over(spool);
    if (!error)
        error = cs_chain_stop(&spool->chain, LAST_WAIT_MS);
    if (spool->started)
        pthread_join(spool->thread, NULL);
    for (struct cs_chunk *chunk = spool->chain.first; chunk; chunk = chunk->next)
        spool->lost += chunk->units;
    cs_notes_tell(&spool->notes, &spool->log);
    spool->finished = true;
    spool->ended = error;
    return error;
}

int cs_spool_close(struct cs_spool *spool)
{
    int error;

    if (!spool)
        return 0;
    error = cs_spool_finish(spool);
    cs_keeper_close(spool->keeper);
    cs_notes_tell(&spool->notes, &spool->log);
    if (spool->lost > 0)
        cs_say(&spool->log, CONNSPAN_ERROR, "%s: %llu lines could not be written", spool->path,
               (unsigned long long)spool->lost);
    cs_file_close(spool->file);
    cs_chunk_free(spool->filling);
    cs_notes_close(&spool->notes);
    cs_chain_close(&spool->chain);
    free(spool->path);
    free(spool);
    return error;
}
