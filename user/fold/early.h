/* SPDX-License-Identifier: MIT */
/*
 * Turns that came before their connection was complete: a program with a memory BIO writes its
 * first request before the last flight of the handshake leaves. A few are kept, the oldest goes
 * first; they hold plain text, and are wiped.
 */
#pragma once

#include "include/wire/event.h"

enum { CS_EARLY_TURNS = 64 };

struct cs_early {
    struct cs_event_turn *turns[CS_EARLY_TURNS]; /* from the oldest on, NULL where one was taken */
    unsigned next;                               /* where the next goes: behind the newest */
};

void cs_early_keep(struct cs_early *early, const struct cs_event_turn *event);

/* The oldest of a connection, the caller's to give back; NULL: there is none. */
struct cs_event_turn *cs_early_take(struct cs_early *early, __u64 conn_id);

void cs_early_drop(struct cs_event_turn *turn); /* wipes and frees it; NULL is fine */
void cs_early_wipe(struct cs_early *early);
