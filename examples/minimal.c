/* SPDX-License-Identifier: MIT */
/* The shortest program on libconnspan: every TLS connection of the host, as it is made. Needs root.
 */
#include <connspan/connspan.h>
#include <stdio.h>

static void on_entry(void *context, const struct connspan_entry *entry)
{
    (void)context;
    if (entry->tls.present && entry->connection.outcome == CONNSPAN_CONNECTED)
        printf("%s %s: TCP %.3f ms, TLS %.3f ms\n", entry->process.comm, entry->name,
               (double)(entry->phases.tcp_established - entry->phases.connect_start) / 1e6,
               (double)(entry->phases.tls_end - entry->phases.tls_start) / 1e6);
}

static void on_log(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    if (level <= CONNSPAN_WARNING)
        fprintf(stderr, "%s\n", text);
}

int main(void)
{
    struct connspan_options options = CONNSPAN_OPTIONS;
    struct connspan_tracer *tracer;

    options.on_entry = on_entry;
    options.on_log = on_log;
    if (connspan_tracer_open(&options, &tracer))
        return 1;
    while (connspan_tracer_poll(tracer, -1) >= 0)
        fflush(stdout);
    connspan_tracer_close(tracer);
    return 0;
}
