/* SPDX-License-Identifier: MIT */
/* What is spoken, and whether bytes are missing; the rest is http1.c's. */
#include "user/http/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/http/http1.h"

struct side {
    bool has_begun;
    uint32_t next; /* sequence number */
};

struct cs_http {
    struct cs_http_context context;
    struct side sides[CS_DIRECTION_COUNT];
    struct cs_http1 http1;
};

struct cs_http *cs_http_new(enum cs_url_parts parts)
{
    struct cs_http *http = calloc(1, sizeof(*http));

    if (http)
        http->context.parts = parts;
    return http;
}

/* Does the turn begin where the last one of its direction ended? */
static bool follows(struct cs_http *http, const struct cs_http_turn *turn)
{
    struct side *side = &http->sides[turn->direction];
    bool fits = !side->has_begun || side->next == turn->start;

    side->has_begun = true;
    side->next = turn->start + (uint32_t)turn->length;
    return fits;
}

static bool wants_more(const struct cs_http *http)
{
    return http->context.facts.state == CS_HTTP_BEGINNING ||
           http->context.facts.state == CS_HTTP_SPEAKING;
}

int cs_http_add(struct cs_http *http, const struct cs_http_turn *turn)
{
    struct cs_http_seen seen;
    int err;

    if (turn->length == 0 || !wants_more(http))
        return 0;
    cs_http_seen_set(&seen, turn);
    if (!follows(http, turn))
        cs_http1_lose(&http->http1, &http->context);
    err = cs_http1_add(&http->http1, &http->context, &seen);
    cs_http_seen_wipe(&seen);
    if (err)
        cs_http1_lose(&http->http1, &http->context);
    return err;
}

void cs_http_close(struct cs_http *http)
{
    cs_http1_close(&http->http1, &http->context);
}

bool cs_http_next(struct cs_http *http, struct cs_http_exchange *exchange)
{
    if (!cs_http_slots_take(&http->context.slots, exchange))
        return false;
    http->context.facts.exchanges++;
    return true;
}

const struct cs_http_facts *cs_http_facts(const struct cs_http *http)
{
    return &http->context.facts;
}

void cs_http_free(struct cs_http *http)
{
    if (!http)
        return;
    cs_http_slots_wipe(&http->context.slots);
    free(http);
}
