/* SPDX-License-Identifier: MIT */
/* One allocation per entry: there may be a hundred thousand. */
#include "user/report/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t since(const struct cs_line *line, uint64_t mark)
{
    if (!mark || mark == CONNSPAN_UNKNOWN || line->start_time == CONNSPAN_UNKNOWN ||
        mark < line->start_time)
        return CONNSPAN_UNKNOWN;
    return mark - line->start_time;
}

/* The outcome in a few words, as the table of record has it. */
static void describe(const struct cs_line *line, char *text, size_t room)
{
    const char *phase = line->error_phase, *code = line->error_code ? line->error_code : "failed";
    bool aborted = line->outcome && !strcmp(line->outcome, "aborted");

    if (phase)
        snprintf(text, room, "%s%s%s%s", aborted ? "aborted: " : "",
                 strcmp(phase, "tcp") != 0 ? phase : "", strcmp(phase, "tcp") != 0 ? ": " : "",
                 code);
    else if (line->outcome && strcmp(line->outcome, "connected") != 0)
        snprintf(text, room, "%s", line->outcome);
    else if (line->tls_version)
        snprintf(text, room, "TLS %s%s", line->tls_version, line->resumed ? " resumed" : "");
    else
        snprintf(text, room, "ok");
}

static void take_marks(struct cs_kept *kept, const struct cs_line *line)
{
    const uint64_t marks[CS_KEPT_MARKS] = {
        [CS_KEPT_DNS_START] = line->phases.domain_lookup_start,
        [CS_KEPT_DNS_END] = line->phases.domain_lookup_end,
        [CS_KEPT_CONNECT] = line->phases.connect_start,
        [CS_KEPT_ESTABLISHED] = line->phases.tcp_established,
        [CS_KEPT_TLS_START] = line->phases.tls_start,
        [CS_KEPT_TLS_END] = line->phases.tls_end,
    };

    for (size_t i = 0; i < CS_KEPT_MARKS; i++)
        kept->marks_ns[i] = since(line, marks[i]);
}

struct cs_kept *cs_kept_new(const struct cs_line *line, const struct cs_measure *measure,
                            const char *remote)
{
    char result[CS_KEPT_TEXT_BYTES];
    const char *texts[CS_KEPT_TEXTS] = {line->name, line->comm, remote, line->container, result};
    size_t lengths[CS_KEPT_TEXTS], total = 0;
    struct cs_kept *kept;

    describe(line, result, sizeof(result));
    for (size_t i = 0; i < CS_KEPT_TEXTS; i++) {
        lengths[i] = texts[i] ? strnlen(texts[i], CS_KEPT_TEXT_BYTES) : 0;
        total += lengths[i] + 1;
    }
    kept = calloc(1, sizeof(*kept) + total);
    if (!kept)
        return NULL;
    kept->unix_ns = measure->unix_ns;
    kept->duration_ns = measure->duration_ns;
    kept->pid = (uint32_t)line->pid;
    kept->syn_retransmits = (uint32_t)line->syn_retransmits;
    kept->failed = measure->failed;
    kept->server = line->role && !strcmp(line->role, "server");
    take_marks(kept, line);
    total = 0;
    for (size_t i = 0; i < CS_KEPT_TEXTS; i++) {
        kept->texts[i] = (uint16_t)total;
        if (lengths[i])
            memcpy(kept->text + total, texts[i], lengths[i]);
        total += lengths[i] + 1;
    }
    return kept;
}
