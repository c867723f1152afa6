/* SPDX-License-Identifier: MIT */
/*
 * Connections in progress, with TLS or what TLS may follow: a copy of each record that came, and
 * the table that finds them by id and by age. What the records mean together is said in tls.c; when
 * to look again, in fold.c.
 */
#pragma once

#include <sys/queue.h>

#include "include/wire/event.h"
#include "user/base/map.h"
#include "user/fold/names.h"
#include "user/fold/prelude.h"
#include "user/tls/handshake.h"

/* A connection is in one queue; each is in order of arrival. */
enum cs_pending_queue {
    CS_PENDING_ORPHAN, /* something came before its CONNECTION record */
    CS_PENDING_OPEN,   /* the handshake goes on */
    CS_PENDING_WAIT,   /* the wire saw its end; the uprobe may still tell a better one */
    CS_PENDING_QUEUE_COUNT,
};

/* A record whose event.kind is 0 did not come. */
struct cs_pending {
    TAILQ_ENTRY(cs_pending) link;
    uint64_t id;
    uint64_t born_ns; /* event time of the first record */
    enum cs_pending_queue queue;
    struct cs_event_connection connection;
    struct cs_event_bind bind;
    struct cs_event_handshake success;
    struct cs_event_tls_error error; /* the last one: what came before it was tried and survived */
    struct cs_event_inner inner;
    struct cs_event_handshake inner_success;
    struct cs_event_end end;
    char *server_name; /* NULL: the ClientHello tells it, or nobody */
    struct cs_prelude prelude;
    struct cs_handshake *handshake; /* NULL before it is known to be TLS */
    struct cs_name *exe;            /* held */
    struct cs_name *cgroup;
};

TAILQ_HEAD(cs_pending_list, cs_pending);

enum { CS_PENDING_PAST_SLOTS = 2048 }; /* 16 KB: a look finds it in the processor's cache */

struct cs_pending_table {
    struct cs_map map;
    struct cs_pending_list queues[CS_PENDING_QUEUE_COUNT];
    /* Ids completed lately, each in the slot of its hash: late records of theirs are no orphans,
     * and no second entry. They come within microseconds, from a processor that was on its way; a
     * slot that was taken over meanwhile is forgotten. Complemented: told as silent, TLS may still
     * follow. */
    uint64_t past[CS_PENDING_PAST_SLOTS];
};

void cs_pending_table_init(struct cs_pending_table *table);
void cs_pending_table_free(struct cs_pending_table *table);

/* A new orphan; NULL: out of memory. The id must not be in the table. */
struct cs_pending *cs_pending_new(struct cs_pending_table *table, uint64_t id, uint64_t now_ns);
struct cs_pending *cs_pending_find(const struct cs_pending_table *table, uint64_t id);
void cs_pending_move(struct cs_pending_table *table, struct cs_pending *pending,
                     enum cs_pending_queue queue);
/* NULL: the table is empty. */
struct cs_pending *cs_pending_oldest(const struct cs_pending_table *table);
void cs_pending_forget(struct cs_pending_table *table, struct cs_pending *pending);

void cs_pending_mark_done(struct cs_pending_table *table, uint64_t id);
bool cs_pending_was_done(const struct cs_pending_table *table, uint64_t id);
/* The same of one that is told and may go on. */
void cs_pending_mark_told(struct cs_pending_table *table, uint64_t id);
bool cs_pending_was_told(const struct cs_pending_table *table, uint64_t id); /* or done */
