/* SPDX-License-Identifier: MIT */
/*
 * A connection without TLS: one CONNECTION event is all there is, and this is what it means.
 */
#pragma once

#include "user/fold/record.h"

/*
 * Whether the event alone calls for an entry. A connection that was open before the tracer, or was
 * told of already, gets one only if TLS begins on it.
 */
bool cs_tcp_is_news(const struct cs_event_connection *event);

/* Fills outcome, error and instants; the facts are the caller's. */
void cs_tcp_tell(const struct cs_event_connection *event, struct cs_record *record);
