/* SPDX-License-Identifier: MIT */
/*
 * Happy eyeballs (RFC 8305): a program tries several addresses of one name, one a moment after the
 * other, keeps the first that is established and closes the rest. Which connections ran in one
 * race, who won, and when it began: decided here from what is known of each attempt so far.
 */
#pragma once

#include "user/fold/record.h"

enum { CS_RACE_ATTEMPTS = 16 };

struct cs_attempt {
    uint64_t start_ns;
    uint64_t established_ns;
    uint64_t ended_ns; /* it failed, or was closed before any byte; 0: not that we know */
    uint32_t tid;      /* that called connect() */
    uint16_t port;
    uint8_t address; /* which one of the lookup's */
    bool won;        /* established, and used or kept */
};

/* The attempts of one lookup, the newest overwrite the oldest. */
struct cs_race {
    struct cs_attempt attempts[CS_RACE_ATTEMPTS];
    unsigned count;
};

void cs_race_note(struct cs_race *race, uint8_t address, const struct cs_event_connection *event);

/* A connection is known by its address and its start. */
bool cs_race_has(const struct cs_race *race, uint8_t address, uint64_t start_ns);
void cs_race_add(struct cs_race *race, const struct cs_attempt *attempt);
/* One that is there: it leaves the race. */
struct cs_attempt cs_race_take(struct cs_race *race, uint8_t address, uint64_t start_ns);

/* Is `next` tried while others are, of which none is established? Its `tid` 0: by any thread. */
bool cs_race_goes_on(const struct cs_race *race, const struct cs_attempt *next);

/*
 * Makes an abandoned one of a loser, gives the others the start of their race. False: what is known
 * does not suffice yet, an attempt may be told in a moment.
 */
bool cs_race_judge(const struct cs_race *race, uint8_t address, uint64_t answered_ns,
                   struct cs_record *record);
