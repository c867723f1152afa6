/* SPDX-License-Identifier: MIT */
/* Plain text goes to user/http turn by turn, or frame by frame (framed.c); TLS to sealed.c record
 * by record. */
#include "user/fold/talk.h"

#include <stdlib.h>
#include <string.h>

struct cs_talk *cs_talk_new(const struct cs_record *base, enum cs_url_parts parts)
{
    struct cs_talk *talk = calloc(1, sizeof(*talk));

    if (!talk)
        return NULL;
    talk->parts = parts;
    if (base->tls.present)
        cs_sealed_init(&talk->sealed, base->tls.wire.version, base->tls.wire.cipher);
    else
        talk->http = cs_http_new(parts);
    if ((!base->tls.present && !talk->http) || cs_kept_copy(&talk->base, base)) {
        cs_talk_free(talk);
        return NULL;
    }
    return talk;
}

void cs_talk_free(struct cs_talk *talk)
{
    if (!talk)
        return;
    cs_turn_wipe(&talk->turn);
    cs_http_free(talk->http);
    cs_kept_free(&talk->base);
    free(talk);
}

static void add_plain(struct cs_talk *talk, const struct cs_event_turn *event)
{
    enum cs_http_state state;

    if (event->news == CS_TURN_FRAMES)
        cs_framed_add(&talk->framed, event, talk->http);
    else if (event->news != CS_TURN_MORE)
        cs_turn_give(&talk->turn, event, event->news == CS_TURN_QUIET, talk->http);
    if (event->news == CS_TURN_BEGIN)
        cs_turn_begin(&talk->turn, event);
    else if (event->news == CS_TURN_MORE)
        cs_turn_add(&talk->turn, event);
    state = cs_http_facts(talk->http)->state;
    talk->is_over = state == CS_HTTP_OVER || state == CS_HTTP_FOREIGN;
}

/* What goes through the library is told: from its first turn on, nothing else is heard. */
static bool unseal(struct cs_talk *talk, const struct cs_event_turn *event)
{
    bool begins = event->news == CS_TURN_BEGIN || event->news == CS_TURN_FRAMES;

    if (!talk->http && begins && !event->is_sealed)
        talk->http = cs_http_new(talk->parts);
    return talk->http && !event->is_sealed;
}

static void add_sealed(struct cs_talk *talk, const struct cs_event_turn *event)
{
    if (unseal(talk, event)) {
        memcpy(&talk->last, event, sizeof(talk->last));
        add_plain(talk, event);
    } else if (!talk->http && event->is_sealed) {
        memcpy(&talk->last, event, sizeof(talk->last));
        if (event->news != CS_TURN_END && event->news != CS_TURN_EOF && !talk->is_deaf)
            cs_sealed_add(&talk->sealed, event);
    }
}

void cs_talk_add(struct cs_talk *talk, const struct cs_event_turn *event)
{
    if (talk->base.record.tls.present) {
        add_sealed(talk, event);
        return;
    }
    memcpy(&talk->last, event, sizeof(talk->last));
    add_plain(talk, event);
}

/*
 * Inside TLS close_notify would say what is whole (RFC 9112 section 9.8), which nobody sees; and a
 * server that closed resets what its client says then.
 */
static enum cs_http_ending how_it_ended(const struct cs_talk *talk, const struct cs_ending *ending)
{
    if (ending->cause == CS_CAUSE_NONE)
        return CS_HTTP_NOT_ENDED;
    if (talk->base.record.tls.present)
        return CS_HTTP_ENDED_UNSEEN;
    switch (ending->cause) {
    case CS_CAUSE_PEER:
        return CS_HTTP_ENDED_BY_SERVER;
    case CS_CAUSE_CLOSE:
    case CS_CAUSE_SIGNAL:
        return CS_HTTP_ENDED_BY_CLIENT;
    default: /* without an error its end went by unseen */
        return ending->error ? CS_HTTP_ENDED_BROKEN : CS_HTTP_ENDED_UNSEEN;
    }
}

void cs_talk_close(struct cs_talk *talk, const struct cs_ending *ending)
{
    if (!talk->http) {
        cs_sealed_close(&talk->sealed, &talk->last);
        return;
    }
    cs_turn_give(&talk->turn, &talk->last, false, talk->http);
    cs_framed_close(&talk->framed, &talk->last, talk->http);
    cs_http_close(talk->http, how_it_ended(talk, ending), ending->ns);
}

bool cs_talk_next(struct cs_talk *talk, struct cs_http_exchange *exchange)
{
    return talk->http ? cs_http_next(talk->http, exchange)
                      : cs_sealed_next(&talk->sealed, exchange);
}

uint64_t cs_talk_take_losses(struct cs_talk *talk)
{
    uint64_t losses = talk->http ? cs_http_facts(talk->http)->losses : 0;
    uint64_t fresh = losses - talk->losses;

    talk->losses = losses;
    return fresh;
}
