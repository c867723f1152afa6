/* SPDX-License-Identifier: MIT */
/* The first request carries the connection's marks however long it waited for it. */
#include "user/fold/talks.h"

#include <string.h>

#include "user/fold/ending.h"

void cs_talks_init(struct cs_talks *talks, struct cs_delivery *delivery,
                   const struct cs_fold_options *options)
{
    *talks = (struct cs_talks){.delivery = delivery, .options = options};
    TAILQ_INIT(&talks->list);
}

static void forget(struct cs_talks *talks, struct cs_talk *talk)
{
    cs_map_take(&talks->map, talk->base.record.id);
    TAILQ_REMOVE(&talks->list, talk, link);
    cs_talk_free(talk);
}

void cs_talks_free(struct cs_talks *talks)
{
    struct cs_talk *talk;

    while ((talk = TAILQ_FIRST(&talks->list)))
        forget(talks, talk);
    cs_map_free(&talks->map);
    cs_early_wipe(&talks->early);
}

/* Streams of HTTP/2 end in any order (and begin with any number: nghttp's with 13); of HTTP/1 the
 * first comes first. */
static bool is_first(const struct cs_talk *talk, const struct cs_http_exchange *exchange)
{
    return exchange->version == CS_HTTP_2 ? exchange->is_first : !talk->has_told;
}

/* HTTP/2: its stream alone ended. */
static void tell_reset(struct cs_record *record)
{
    const struct cs_http_exchange *exchange = record->request;
    bool gave_up = exchange->reset == CS_HTTP_RESET_BY_CLIENT;

    record->failed_ns = record->done_ns;
    record->error_phase = "http";
    record->outcome = gave_up ? CONNSPAN_ABORTED : CONNSPAN_FAILED;
    record->error_code = gave_up ? "closed" : "reset";
    record->error_detail = exchange->reset_reason;
}

/* How the request fared; `ending`: the connection's, NULL if it goes on. */
static void tell_outcome(const struct cs_ending *ending, struct cs_record *record)
{
    const struct cs_http_exchange *exchange = record->request;

    record->done_ns = exchange->response_end_ns;
    if (!record->done_ns)
        record->done_ns = exchange->request_end_ns;
    if (!(exchange->flags & (CS_HTTP_NO_RESPONSE | CS_HTTP_INCOMPLETE)))
        return;
    if (exchange->reset != CS_HTTP_NOT_RESET) {
        tell_reset(record);
    } else if (ending && ending->cause != CS_CAUSE_NONE) {
        cs_ending_tell(ending, "http", record);
    } else if (ending) {
        record->outcome = CONNSPAN_UNFINISHED;
        record->done_ns = ending->ns;
    }
}

static void tell(struct cs_talks *talks, struct cs_talk *talk,
                 const struct cs_http_exchange *exchange, const struct cs_ending *ending,
                 uint64_t now_ns)
{
    struct cs_record record = talk->base.record;

    record.request = exchange;
    record.reused = (record.facts.flags & CS_CONN_PREEXISTING) || !is_first(talk, exchange);
    if (!record.reused)
        cs_resolver_join(&talks->delivery->resolver, &record);
    tell_outcome(ending, &record);
    talk->has_told = true;
    cs_deliver(talks->delivery, &record, now_ns);
}

static void tell_complete(struct cs_talks *talks, struct cs_talk *talk,
                          const struct cs_ending *ending, uint64_t now_ns)
{
    struct cs_http_exchange exchange;

    while (cs_talk_next(talk, &exchange))
        tell(talks, talk, &exchange, ending, now_ns);
    talks->lost += cs_talk_take_losses(talk);
}

/* No exchange of it will be seen any more. */
static void leave(struct cs_talks *talks, struct cs_talk *talk, uint64_t now_ns)
{
    if (!talk->has_told && talk->is_news)
        cs_deliver(talks->delivery, &talk->base.record, now_ns);
    forget(talks, talk);
}

static void close_talk(struct cs_talks *talks, struct cs_talk *talk, const struct cs_ending *ending,
                       uint64_t now_ns)
{
    cs_talk_close(talk, ending);
    tell_complete(talks, talk, ending, now_ns);
}

static void make_room(struct cs_talks *talks, uint64_t now_ns)
{
    struct cs_ending stopped = {.ns = now_ns};

    if (talks->map.count < talks->options->max_pending)
        return;
    talks->full++;
    close_talk(talks, TAILQ_FIRST(&talks->list), &stopped, now_ns);
    leave(talks, TAILQ_FIRST(&talks->list), now_ns);
}

/* By ALPN: what was chosen, or where that went encrypted, all that was offered. */
static bool is_http1(const struct cs_tls_facts *wire)
{
    if (wire->alpn[0])
        return !strncmp(wire->alpn, "http/1.", 7);
    for (int i = 0; i < wire->alpn_offered_count; i++) {
        if (strncmp(wire->alpn_offered[i], "http/1.", 7) != 0)
            return false;
    }
    return wire->alpn_offered_count > 0;
}

static void begin(struct cs_talks *talks, struct cs_record *record, bool is_news, uint64_t now_ns)
{
    struct cs_talk *talk;

    make_room(talks, now_ns);
    talk = cs_talk_new(record, talks->options->url);
    if (talk && !cs_map_put(&talks->map, record->id, talk)) {
        talk->is_news = is_news;
        talk->is_deaf = record->tls.present && !is_http1(&record->tls.wire);
        TAILQ_INSERT_TAIL(&talks->list, talk, link);
        return;
    }
    cs_talk_free(talk);
    talks->full++;
    if (is_news)
        cs_deliver(talks->delivery, record, now_ns);
}

/* What it is, its plain text will tell. */
static bool is_read(const struct cs_record *record)
{
    return record->facts.flags & CS_CONN_PLAIN && record->tls.is_read;
}

static bool is_followed(const struct cs_talks *talks, const struct cs_record *record)
{
    if (!talks->options->requests || !(record->facts.flags & CS_CONN_TURNS) ||
        record->outcome != CONNSPAN_CONNECTED)
        return false;
    if (!record->tls.present)
        return true;
    return record->tls.end_ns && (is_http1(&record->tls.wire) || is_read(record));
}

void cs_talks_turn(struct cs_talks *talks, const struct cs_event_turn *event)
{
    struct cs_talk *talk = cs_map_get(&talks->map, event->event.conn_id);
    struct cs_ending ending = {event->event.ts_ns, event->error, event->cause, event->signal};

    if (!talk && !event->is_sealed && event->news != CS_TURN_END)
        cs_early_keep(&talks->early, event);
    if (!talk)
        return;
    cs_talk_add(talk, event);
    tell_complete(talks, talk, NULL, event->event.ts_ns);
    if (event->news == CS_TURN_END || event->news == CS_TURN_EOF)
        close_talk(talks, talk, &ending, event->event.ts_ns);
    if (event->news == CS_TURN_END || talk->is_over)
        leave(talks, talk, event->event.ts_ns);
}

/* Of a connection that is not followed they are let go. */
static void give_early(struct cs_talks *talks, __u64 id)
{
    struct cs_event_turn *turn;

    while ((turn = cs_early_take(&talks->early, id))) {
        if (cs_map_get(&talks->map, id))
            cs_talks_turn(talks, turn);
        cs_early_drop(turn);
    }
}

void cs_talks_take(struct cs_talks *talks, struct cs_record *record, bool is_news, uint64_t now_ns)
{
    bool followed = is_followed(talks, record);

    if (!followed && !is_news)
        return;
    cs_resolver_join(&talks->delivery->resolver, record);
    if (followed)
        begin(talks, record, is_news, now_ns);
    else
        cs_deliver(talks->delivery, record, now_ns);
    give_early(talks, record->id);
}

void cs_talks_end(struct cs_talks *talks, const struct cs_event_end *event)
{
    struct cs_talk *talk = cs_map_get(&talks->map, event->event.conn_id);

    if (talk && event->cause != CS_CAUSE_DONE)
        leave(talks, talk, event->event.ts_ns);
}

void cs_talks_finish(struct cs_talks *talks, uint64_t now_ns)
{
    struct cs_ending stopped = {.ns = now_ns};
    struct cs_talk *talk;

    while ((talk = TAILQ_FIRST(&talks->list))) {
        close_talk(talks, talk, &stopped, now_ns);
        leave(talks, talk, now_ns);
    }
}
