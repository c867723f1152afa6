/* SPDX-License-Identifier: MIT */
/*
 * Everything that a writer's threads can be asked to do at once, for ThreadSanitizer: built without
 * Criterion, which does not run under it (cmake -DCS_SANITIZE=thread -DCS_BPF=OFF).
 */
#include <connspan/writer.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/sink/sample.h"

enum { FORMATS = 5, ENTRIES = 30000 };

static unsigned long said;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    said += strlen(text); /* no lock: it must come in the caller's thread */
}

static struct connspan_writer *open_writer(const char *folder, const char *extension)
{
    struct connspan_writer_options options = CONNSPAN_WRITER_OPTIONS;
    struct connspan_writer *writer;
    char path[128];

    snprintf(path, sizeof(path), "%s/a%s", folder, extension);
    options.path = path;
    options.on_log = hear;
    options.rotate_bytes = 1 << 20;
    options.keep = 3;
    options.compress = true;
    if (connspan_writer_open(&options, &writer) < 0)
        exit(1);
    return writer;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};

    setrlimit(RLIMIT_FSIZE, &limit);
}

static void feed(struct connspan_writer *writer, int i)
{
    struct connspan_entry entry = sample_tls();
    struct connspan_stats stats = sample_stats();

    if (connspan_writer_full(writer))
        connspan_writer_rotate(writer, &sample_run, &stats);
    connspan_writer_entry(writer, &entry);
    if (i % 500 == 0)
        connspan_writer_flush(writer);
    if (i % 10000 == 9999)
        connspan_writer_reopen(writer, &sample_run, &stats);
    connspan_writer_take_lost(writer);
}

int main(void)
{
    static const char *const extensions[FORMATS] = {".ndjson", ".csv", ".otlp.jsonl", ".har",
                                                    ".trace.json"};
    char folder[] = "/tmp/connspan-race-XXXXXX", command[64];
    struct connspan_writer *writers[FORMATS];

    signal(SIGXFSZ, SIG_IGN);
    if (!mkdtemp(folder))
        return 1;
    for (int i = 0; i < FORMATS; i++) {
        writers[i] = open_writer(folder, extensions[i]);
        connspan_writer_header(writers[i], &sample_run);
    }
    for (int i = 0; i < ENTRIES; i++) {
        if (i % 5000 == 0)
            limit_files(i % 10000 ? 100000 : RLIM_INFINITY);
        for (int j = 0; j < FORMATS; j++)
            feed(writers[j], i);
    }
    limit_files(RLIM_INFINITY);
    for (int i = 0; i < FORMATS; i++)
        connspan_writer_close(writers[i]);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) != 0;
}
