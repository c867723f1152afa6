/* SPDX-License-Identifier: MIT */
/*
 * Events in, finished records out. Plain connections pass straight through; TLS ones are kept until
 * their handshake is over. Time is what the events say: the fold has no clock, and a tape folds to
 * the same records as the live run it was taken from.
 */
#pragma once

#include "include/wire/event.h"
#include "user/fold/record.h"
#include "user/http/url.h"

struct cs_fold_options {
    void (*on_record)(void *context, const struct cs_record *record);
    void *context;
    size_t max_pending; /* TLS connections in progress; 0: 65536. As many have their requests
                           followed */
    bool requests;      /* a record for each request, where TURN records came */
    enum cs_url_parts url;
};

struct cs_fold;

/* NULL: out of memory. */
struct cs_fold *cs_fold_new(const struct cs_fold_options *options);
void cs_fold_free(struct cs_fold *fold); /* NULL is fine; what is pending is dropped untold */

/* `event` was checked by decode: it is as large as its kind says. Kinds not folded are ignored. */
void cs_fold_event(struct cs_fold *fold, const struct cs_event *event);

/* Hands over what is pending: unfinished, unless only the last wait was missing. */
void cs_fold_finish(struct cs_fold *fold, uint64_t now_ns);

/* TLS connections and lookups in progress: while there are some, time must be told (TICK). */
size_t cs_fold_pending(const struct cs_fold *fold);

/* Total for CS_LOSS_PENDING_FULL: connections told early, or not at all, for want of room. */
uint64_t cs_fold_pending_full(const struct cs_fold *fold);

/* Total for CS_LOSS_REQUEST. */
uint64_t cs_fold_requests_lost(const struct cs_fold *fold);

/* Total for CS_LOSS_DNS. */
uint64_t cs_fold_dns_lost(const struct cs_fold *fold);
