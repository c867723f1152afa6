/* SPDX-License-Identifier: MIT */
/* Attempts of a race overlap, or follow each other at once: node closes one before the next. */
#include "user/fold/race.h"

#define MS 1000000ull

/* Between the end of one attempt and the start of the next. */
#define STEP_NS (50 * MS)
/* Behind its lookup an attempt that starts later than this was probably not the first: the delays
 * are 200 ms (curl), 250 (node, RFC 8305) and 300 (Go). */
#define FIRST_NS (100 * MS)

/* The place of a connection; CS_RACE_ATTEMPTS: it has none. */
static unsigned place_of(const struct cs_race *race, uint8_t address, uint64_t start_ns)
{
    unsigned i = 0;

    while (i < CS_RACE_ATTEMPTS &&
           (race->attempts[i].address != address || race->attempts[i].start_ns != start_ns))
        i++;
    return i;
}

bool cs_race_has(const struct cs_race *race, uint8_t address, uint64_t start_ns)
{
    return place_of(race, address, start_ns) < CS_RACE_ATTEMPTS;
}

void cs_race_add(struct cs_race *race, const struct cs_attempt *attempt)
{
    unsigned place = place_of(race, attempt->address, attempt->start_ns);

    if (place == CS_RACE_ATTEMPTS)
        place = race->count++ % CS_RACE_ATTEMPTS;
    race->attempts[place] = *attempt; /* a connection may be told twice */
}

struct cs_attempt cs_race_take(struct cs_race *race, uint8_t address, uint64_t start_ns)
{
    struct cs_attempt *at = &race->attempts[place_of(race, address, start_ns)];
    struct cs_attempt attempt = *at;

    *at = (struct cs_attempt){0};
    return attempt;
}

void cs_race_note(struct cs_race *race, uint8_t address, const struct cs_event_connection *event)
{
    const struct cs_facts *facts = &event->facts;
    bool ended = event->reason == CS_REASON_FAILED || event->reason == CS_REASON_CLOSED;
    struct cs_attempt attempt = {
        .start_ns = facts->start_ns,
        .established_ns = facts->established_ns,
        .ended_ns = ended ? event->event.ts_ns : 0,
        .tid = facts->process.tid,
        .port = facts->remote_port,
        .address = address,
        .won = !ended && facts->established_ns,
    };

    cs_race_add(race, &attempt);
}

/* Did `later` start while `earlier` was tried? */
static bool overlaps(const struct cs_attempt *earlier, const struct cs_attempt *later)
{
    if (earlier->established_ns && earlier->established_ns < later->start_ns)
        return false;
    return !earlier->ended_ns || later->start_ns <= earlier->ended_ns + STEP_NS;
}

static bool raced(const struct cs_attempt *a, const struct cs_attempt *b)
{
    if (a->address == b->address || a->port != b->port)
        return false;
    return a->start_ns <= b->start_ns ? overlaps(a, b) : overlaps(b, a);
}

bool cs_race_goes_on(const struct cs_race *race, const struct cs_attempt *next)
{
    for (unsigned i = 0; i < race->count && i < CS_RACE_ATTEMPTS; i++) {
        const struct cs_attempt *at = &race->attempts[i];

        if (at->start_ns <= next->start_ns && raced(at, next) &&
            (!next->tid || at->tid == next->tid))
            return true;
    }
    return false;
}

/* Whoever is established has won against one that is not, be it closed then: it was a check. Of two
 * that are the one has that was kept. */
static bool beats(const struct cs_attempt *at, const struct cs_attempt *loser)
{
    return (loser->established_ns ? at->won : at->established_ns != 0) && raced(at, loser);
}

static bool has_winner(const struct cs_race *race, const struct cs_attempt *loser)
{
    for (unsigned i = 0; i < race->count && i < CS_RACE_ATTEMPTS; i++) {
        if (beats(&race->attempts[i], loser))
            return true;
    }
    return false;
}

/* Was there a winner since `earlier` started, before `later` did? Then that was another race. */
static bool is_decided(const struct cs_race *race, const struct cs_attempt *earlier,
                       const struct cs_attempt *later)
{
    for (unsigned i = 0; i < race->count && i < CS_RACE_ATTEMPTS; i++) {
        const struct cs_attempt *at = &race->attempts[i];

        if (at->port == later->port && at->established_ns > earlier->start_ns &&
            at->established_ns < later->start_ns)
            return true;
    }
    return false;
}

/* When the first of those that led up to `own` started; its own start if none did. */
static uint64_t start_of(const struct cs_race *race, const struct cs_attempt *own)
{
    uint64_t start_ns = own->start_ns;

    for (unsigned i = 0; i < race->count && i < CS_RACE_ATTEMPTS; i++) {
        const struct cs_attempt *at = &race->attempts[i];

        if (at->start_ns < start_ns && raced(at, own) && !is_decided(race, at, own))
            start_ns = at->start_ns;
    }
    return start_ns;
}

/* The program closed it before any byte: it gave up, or it had a better one. */
static bool was_given_up(const struct cs_record *record)
{
    return record->given_up && !record->tls.present;
}

bool cs_race_judge(const struct cs_race *race, uint8_t address, uint64_t answered_ns,
                   struct cs_record *record)
{
    struct cs_attempt own = {
        .start_ns = record->facts.start_ns,
        .established_ns = record->facts.established_ns,
        .ended_ns = record->facts.established_ns ? 0 : record->done_ns,
        .port = record->facts.remote_port,
        .address = address,
    };
    uint64_t start_ns = start_of(race, &own);

    record->race_start_ns = start_ns < own.start_ns ? start_ns : 0;
    if (was_given_up(record)) {
        own.ended_ns = record->done_ns;
        if (!has_winner(race, &own))
            return false;
        record->outcome = CONNSPAN_ABANDONED;
        record->failed_ns = record->done_ns;
        record->error_phase = record->error_code = record->error_detail = NULL;
        return true;
    }
    return record->race_start_ns || record->outcome != CONNSPAN_CONNECTED ||
           !record->lookup.start_ns || own.start_ns - answered_ns < FIRST_NS;
}
