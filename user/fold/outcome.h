/* SPDX-License-Identifier: MIT */
/*
 * What is known of a pending connection by now, whichever way it went: a handshake (tls.h), a
 * dialogue that no TLS followed (prelude.h), or a plain one (tcp.h).
 */
#pragma once

#include "user/fold/tls.h"

/* A record of what is known when the connection is told. */
struct cs_record cs_outcome_record(const struct cs_event_connection *event);

/* As cs_tls_judge(); PLAIN: no TLS began and none will. */
enum cs_judgement cs_outcome_judge(const struct cs_pending *pending, uint64_t now_ns);

/* Fills what cs_tls_tell() or cs_tcp_tell() fills, and record->tunnel. */
void cs_outcome_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                     struct cs_record *record);
