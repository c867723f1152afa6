/* SPDX-License-Identifier: MIT */
/*
 * MDN's example of PerformanceResourceTiming.connectEnd, by the entries there are, for every
 * process of the host: how long connecting took. Needs a running `connspan record --listen SOCKET`,
 * and no root. MDN calls connectEnd - connectStart the TCP handshake. It takes in the TLS
 * handshake, as connectEnd is when the connection can be used; where there was one, TCP alone ended
 * when it began.
 */
#include <connspan/connspan.h>
#include <stdio.h>

static void print(const struct connspan_entry *entry)
{
    uint64_t mdn = entry->connect_end - entry->connect_start;
    uint64_t tcp = entry->secure_connection_start
                       ? entry->secure_connection_start - entry->connect_start
                       : mdn;

    if (entry->connect_end > entry->connect_start) /* neither failed nor reused */
        printf("%s: TCP handshake duration: %.6fms\n"
               "%s: TCP alone: %.6fms\n",
               entry->name, (double)mdn / 1e6, entry->name, (double)tcp / 1e6);
}

int main(int argc, char **argv)
{
    struct connspan_timeline_options options = CONNSPAN_TIMELINE_OPTIONS;
    struct connspan_timeline *timeline;
    struct connspan_entry_list *list;
    int err;

    options.source = CONNSPAN_SOURCE_SOCKET;
    options.path = argc > 1 ? argv[1] : NULL; /* NULL: CONNSPAN_SOCKET */
    err = connspan_timeline_open(&options, &timeline);
    if (err) {
        fprintf(stderr, "%s\n", connspan_error_text(err));
        return 1;
    }
    err = connspan_timeline_get_entries_by_type(timeline, "resource", &list);
    for (size_t i = 0; !err && i < list->count; i++)
        print(list->entries[i]);
    if (!err)
        connspan_entry_list_free(list);
    connspan_timeline_close(timeline);
    return err ? 1 : 0;
}
