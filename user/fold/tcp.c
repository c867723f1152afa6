/* SPDX-License-Identifier: MIT */
/* Outcome of plain connections: connected, failed or aborted in connect(), or cut off by us. */
#include "user/fold/tcp.h"

#include "user/fold/ending.h"

bool cs_tcp_is_news(const struct cs_event_connection *event)
{
    return !(event->facts.flags & (CS_CONN_PREEXISTING | CS_CONN_TOLD));
}

static bool never_established(const struct cs_event_connection *event)
{
    return event->reason == CS_REASON_FAILED ||
           (event->reason == CS_REASON_CLOSED && !event->facts.established_ns);
}

static void tell_failure(const struct cs_event_connection *event, struct cs_record *record)
{
    struct cs_ending ending = {event->event.ts_ns, event->error, event->cause, event->signal};

    cs_ending_tell(&ending, "tcp", record);
    /* On hosts without a hook on its return, the errno of connect() stays between it and its
     * caller. */
    if ((event->facts.flags & CS_CONN_NO_SYN) && !event->error &&
        record->outcome == CONNSPAN_FAILED)
        record->error_detail = "failed before SYN_SENT";
}

void cs_tcp_tell(const struct cs_event_connection *event, struct cs_record *record)
{
    record->given_up = (event->reason == CS_REASON_FAILED || event->reason == CS_REASON_CLOSED) &&
                       event->cause == CS_CAUSE_CLOSE;
    if (never_established(event)) {
        tell_failure(event, record);
        return;
    }
    record->outcome = event->reason == CS_REASON_STOPPED ? CONNSPAN_UNFINISHED : CONNSPAN_CONNECTED;
    record->done_ns = event->event.ts_ns;
}
