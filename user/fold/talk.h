/* SPDX-License-Identifier: MIT */
/*
 * One connection whose requests are followed: its TURN records in, its exchanges out, whether it
 * speaks in clear (user/http reads it) or in TLS (sealed.c tells directions, unless records come of
 * what goes through the library: then user/http reads those).
 */
#pragma once

#include <sys/queue.h>

#include "user/fold/ending.h"
#include "user/fold/framed.h"
#include "user/fold/kept.h"
#include "user/fold/sealed.h"
#include "user/fold/turn.h"

struct cs_talk {
    TAILQ_ENTRY(cs_talk) link;
    struct cs_kept base;  /* the connection, as its entry would be */
    bool is_news;         /* it is an entry of its own if no exchange is seen */
    bool has_told;        /* an exchange was */
    bool is_over;         /* no HTTP, or none any more */
    bool is_deaf;         /* to records of TLS: they may be of any protocol, but for plain text */
    struct cs_http *http; /* NULL: sealed */
    enum cs_url_parts parts;
    struct cs_turn turn;
    struct cs_framed framed;
    struct cs_sealed sealed;
    struct cs_event_turn last; /* without its bytes */
    uint64_t losses;           /* of http's that were counted */
};

/* NULL: out of memory. */
struct cs_talk *cs_talk_new(const struct cs_record *base, enum cs_url_parts parts);
void cs_talk_free(struct cs_talk *talk);

void cs_talk_add(struct cs_talk *talk, const struct cs_event_turn *event);
/* The server says no more: how it ended, or of cause NONE that it goes on. What is open completes
 * as it is. */
void cs_talk_close(struct cs_talk *talk, const struct cs_ending *ending);

/* The next that is complete; false: none is. */
bool cs_talk_next(struct cs_talk *talk, struct cs_http_exchange *exchange);
/* How often the thread was lost since this was asked last. */
uint64_t cs_talk_take_losses(struct cs_talk *talk);
