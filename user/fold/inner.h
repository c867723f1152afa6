/* SPDX-License-Identifier: MIT */
/*
 * TLS inside TLS: behind the handshake with a proxy comes, encrypted, that with the target. Of it
 * there is what the library said alone, and it is what the entry is about. How long the outer
 * handshake waits for an inner one is said here, too.
 */
#pragma once

#include "user/fold/tls.h"

/* An inner handshake began, as far as anybody knows by now. */
bool cs_inner_began(const struct cs_pending *pending);

/* Where this success belongs: to the outer handshake or to the inner one. */
struct cs_event_handshake *cs_inner_success_slot(struct cs_pending *pending,
                                                 const struct cs_event_handshake *event);

/* Of a connection without an inner handshake, judged so: WAIT if one may be about to follow. */
enum cs_judgement cs_inner_await(const struct cs_pending *pending, enum cs_judgement outer,
                                 uint64_t now_ns);

/* As cs_tls_judge() and cs_tls_tell(), once it began. Sets record->tunnel, too. */
enum cs_judgement cs_inner_judge(const struct cs_pending *pending);
void cs_inner_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                   struct cs_record *record);
