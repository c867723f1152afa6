/* SPDX-License-Identifier: MIT */
/*
 * MDN's example of PerformanceResourceTiming.secureConnectionStart, by an observer, for every
 * process of the host: how long TLS took. Needs a running `connspan record --listen SOCKET`, and no
 * root. MDN takes requestStart - secureConnectionStart, which needs to know requests, and takes in
 * what the program did before its request; the handshake ended at connectEnd.
 */
#include <connspan/connspan.h>
#include <errno.h>
#include <stdio.h>

static void print(const struct connspan_entry *entry)
{
    uint64_t secure = entry->secure_connection_start;

    if (secure && entry->request_start > secure)
        printf("%s: TLS negotiation duration: %.6fms\n", entry->name,
               (double)(entry->request_start - secure) / 1e6);
    if (secure && entry->connect_end > secure) /* neither failed nor reused, and with TLS */
        printf("%s: TLS alone: %.6fms\n", entry->name, (double)(entry->connect_end - secure) / 1e6);
}

static void on_records(void *context, struct connspan_observer *observer,
                       const struct connspan_records *records)
{
    (void)context;
    (void)observer;
    for (size_t i = 0; i < records->list->count; i++)
        print(records->list->entries[i]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_observe resources = CONNSPAN_OBSERVE;
    struct connspan_timeline *timeline;
    struct connspan_observer *observer;
    int err;

    options.source = CONNSPAN_SOURCE_SOCKET;
    options.path = argc > 1 ? argv[1] : NULL; /* NULL: CONNSPAN_SOCKET */
    err = connspan_timeline_open(&options, &timeline);
    if (err) {
        fprintf(stderr, "%s\n", connspan_error_text(err));
        return 1;
    }
    resources.type = "resource";
    resources.buffered = true;
    err = connspan_observer_new(timeline, on_records, NULL, &observer);
    if (!err)
        err = connspan_observer_observe(observer, &resources);
    while (err >= 0)
        err = connspan_timeline_poll(timeline, -1);
    connspan_timeline_close(timeline);
    return err == -ENODATA ? 0 : 1; /* the tracer has ended */
}
