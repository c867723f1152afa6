/* SPDX-License-Identifier: MIT */
/* What is spoken, and whether bytes are missing; the rest is http1.c's and http2.c's. */
#include "user/http/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/http/finish.h"
#include "user/http/http2.h"
#include "user/http/redact.h"
#include "user/http/request.h"

enum { PREFACE_BYTES_TOLD = 3 }; /* no method is "PRI": RFC 9113 section 3.4 reserved it */

struct side {
    bool has_begun;
    uint32_t next; /* sequence number */
};

struct cs_http {
    struct cs_http_context context;
    struct side sides[CS_DIRECTION_COUNT];
    struct cs_http1 http1;
    struct cs_http2 *http2; /* NULL: it is not spoken, as far as is known */
};

struct cs_http *cs_http_new(enum cs_url_parts parts)
{
    struct cs_http *http = calloc(1, sizeof(*http));

    if (http)
        http->context.parts = parts;
    return http;
}

static void end_http2(struct cs_http *http)
{
    if (http->http2)
        cs_http2_end(http->http2);
    free(http->http2);
    http->http2 = NULL;
}

static int begin_http2(struct cs_http *http)
{
    int err;

    http->http2 = calloc(1, sizeof(*http->http2));
    err = http->http2 ? cs_http2_begin(http->http2) : -ENOMEM;
    if (err) {
        end_http2(http);
        http->context.facts.state = CS_HTTP_FOREIGN;
    }
    return err;
}

/* The preface was seen by who follows frames. On a tape nothing of it is left. */
static int begin_sparse(struct cs_http *http, const struct cs_http_seen *seen)
{
    struct cs_http_facts *facts = &http->context.facts;

    if (!seen->length) {
        facts->state = CS_HTTP_FOREIGN;
        return 0;
    }
    facts->state = CS_HTTP_SPEAKING;
    facts->version = CS_HTTP_2;
    return begin_http2(http);
}

/* First bytes. The client's decide; a server that speaks first can only speak HTTP/2. */
static int begin(struct cs_http *http, const struct cs_http_seen *seen)
{
    struct cs_http_facts *facts = &http->context.facts;
    bool is_client = seen->turn->direction == CS_FROM_CLIENT;
    bool is_http2 = is_client ? seen->length >= PREFACE_BYTES_TOLD &&
                                    cs_frames_is_preface(seen->data, seen->length)
                              : cs_http2_is_server(seen->data, seen->length);
    int err = 0;

    if (seen->turn->is_sparse)
        return begin_sparse(http, seen);
    if (is_http2 && !http->http2)
        err = begin_http2(http);
    if (err)
        return err;
    if (is_http2 && is_client) {
        facts->state = CS_HTTP_SPEAKING;
        facts->version = CS_HTTP_2;
    } else if (!is_http2 && http->http2 && is_client) {
        facts->state = CS_HTTP_FOREIGN;
    }
    return 0;
}

/* Does the turn begin where the last one of its direction ended? */
static bool fits(const struct side *side, uint32_t start)
{
    return !side->has_begun || side->next == start;
}

static bool follows(struct cs_http *http, const struct cs_http_turn *turn)
{
    struct side *side = &http->sides[turn->direction];
    bool is_next = fits(side, turn->start);

    side->has_begun = true;
    side->next = turn->start + (uint32_t)turn->length;
    return is_next;
}

static bool wants_more(const struct cs_http *http)
{
    return http->context.facts.state == CS_HTTP_BEGINNING ||
           http->context.facts.state == CS_HTTP_SPEAKING;
}

static void lose(struct cs_http *http, enum cs_direction direction)
{
    if (http->http2)
        cs_http2_lose(http->http2, &http->context, direction);
    else
        cs_http1_lose(&http->http1, &http->context, direction);
}

/* What comes behind a gap may as well be more of a body. */
static bool is_untold(const struct cs_http *http, enum cs_direction direction)
{
    return !http->http2 && direction == CS_FROM_CLIENT && cs_http1_is_in_body(&http->http1);
}

static int add(struct cs_http *http, const struct cs_http_seen *seen)
{
    bool is_body = is_untold(http, seen->turn->direction);
    int err = http->context.facts.state == CS_HTTP_BEGINNING ? begin(http, seen) : 0;

    if (err || !wants_more(http))
        return err;
    if (!follows(http, seen->turn)) {
        lose(http, seen->turn->direction);
        if (is_body)
            return 0;
    }
    if (http->http2)
        return cs_http2_add(http->http2, &http->context, seen);
    return cs_http1_add(&http->http1, &http->context, seen);
}

int cs_http_add(struct cs_http *http, const struct cs_http_turn *turn)
{
    struct cs_http_seen seen;
    int err;

    if (turn->length == 0 || !wants_more(http))
        return 0;
    cs_http_seen_set(&seen, turn);
    err = add(http, &seen);
    cs_http_seen_wipe(&seen);
    if (err)
        lose(http, turn->direction);
    return err;
}

void cs_http_redact(const struct cs_http *http, enum cs_direction direction, uint32_t start,
                    uint8_t *data, size_t length)
{
    bool is_http1 = http && wants_more(http) && !http->http2 &&
                    (direction == CS_FROM_CLIENT || http->context.facts.state == CS_HTTP_SPEAKING);
    bool is_next = is_http1 && fits(&http->sides[direction], start);

    if (is_next)
        cs_http1_redact(&http->http1, http->context.slots.open, direction, data, length);
    else if (is_http1 && !is_untold(http, direction))
        cs_http1_redact(&(struct cs_http1){.is_untold = http->http1.is_untold}, NULL, direction,
                        data, length);
    else
        memset(data, 'x', length);
}

void cs_http_lose(struct cs_http *http, enum cs_direction direction)
{
    if (http->http2)
        lose(http, direction);
}

void cs_http_close(struct cs_http *http, enum cs_http_ending how, uint64_t ns)
{
    if (http->http2)
        cs_http2_close(&http->context);
    else
        cs_http1_close(&http->http1, &http->context, how, ns);
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
    end_http2(http);
    free(http);
}
