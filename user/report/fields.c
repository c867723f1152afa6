/* SPDX-License-Identifier: MIT */
/* To be read beside docs/entry.schema.json. */
#include "user/report/fields.h"

#include <string.h>

#include "user/report/line.h"

#define FIELD(group, key, type, member)                                                            \
    {                                                                                              \
        key, sizeof(key) - 1, CS_GROUP_##group, CS_FIELD_##type, 0,                                \
            offsetof(struct cs_line, member)                                                       \
    }
#define INNER(group, key, inner)                                                                   \
    {                                                                                              \
        key, sizeof(key) - 1, CS_GROUP_##group, CS_FIELD_GROUP, CS_GROUP_##inner, 0                \
    }

const struct cs_field cs_fields[] = {
    FIELD(LINE, "entryType", TEXT, type),
    FIELD(LINE, "schema", NUMBER, schema),
    FIELD(LINE, "version", TEXT, version),
    FIELD(LINE, "host", TEXT, host),
    INNER(LINE, "dropped", DROPPED),
    FIELD(LINE, "name", TEXT, name),
    FIELD(LINE, "timestamp", TEXT, timestamp),
    FIELD(LINE, "startTime", MS, start_time),
    FIELD(LINE, "duration", MS, duration),
    FIELD(LINE, "domainLookupStart", MS, domain_lookup_start),
    FIELD(LINE, "domainLookupEnd", MS, domain_lookup_end),
    FIELD(LINE, "connectEnd", MS, connect_end),
    INNER(LINE, "phases", PHASES),
    FIELD(PHASES, "domainLookupStart", MS, phases.domain_lookup_start),
    FIELD(PHASES, "domainLookupEnd", MS, phases.domain_lookup_end),
    FIELD(PHASES, "connectStart", MS, phases.connect_start),
    FIELD(PHASES, "tcpEstablished", MS, phases.tcp_established),
    FIELD(PHASES, "tlsStart", MS, phases.tls_start),
    FIELD(PHASES, "tlsEnd", MS, phases.tls_end),
    FIELD(PHASES, "failed", MS, phases.failed),
    INNER(LINE, "connection", CONNECTION),
    FIELD(CONNECTION, "role", TEXT, role),
    FIELD(CONNECTION, "outcome", TEXT, outcome),
    INNER(CONNECTION, "error", ERROR),
    FIELD(ERROR, "phase", TEXT, error_phase),
    FIELD(ERROR, "code", TEXT, error_code),
    FIELD(CONNECTION, "remoteAddress", TEXT, remote_address),
    FIELD(CONNECTION, "remotePort", NUMBER, remote_port),
    FIELD(CONNECTION, "synRetransmits", NUMBER, syn_retransmits),
    FIELD(CONNECTION, "reused", FLAG, reused),
    FIELD(CONNECTION, "late", FLAG, late),
    INNER(LINE, "process", PROCESS),
    FIELD(PROCESS, "pid", NUMBER, pid),
    FIELD(PROCESS, "comm", TEXT, comm),
    FIELD(PROCESS, "containerId", TEXT, container),
    INNER(LINE, "tls", TLS),
    FIELD(TLS, "version", TEXT, tls_version),
    FIELD(TLS, "resumed", FLAG, resumed),
};
const size_t cs_field_count = sizeof(cs_fields) / sizeof(cs_fields[0]);

static size_t slot_of(unsigned group, const char *key, size_t length)
{
    unsigned char first = (unsigned char)key[0], last = (unsigned char)key[length - 1];
    unsigned char middle = (unsigned char)key[length / 2];

    return (group * 29u + first * 7u + middle * 3u + last * 13u + length) % CS_FIELD_SLOTS;
}

static bool is(const struct cs_field *field, enum cs_group group, const char *key, size_t length)
{
    return field->length == length && field->group == group && !memcmp(field->key, key, length);
}

void cs_field_index_build(struct cs_field_index *index)
{
    memset(index, 0, sizeof(*index));
    for (size_t i = 0; i < cs_field_count; i++) {
        size_t at = slot_of(cs_fields[i].group, cs_fields[i].key, cs_fields[i].length);

        while (index->slots[at])
            at = (at + 1) % CS_FIELD_SLOTS;
        index->slots[at] = &cs_fields[i];
    }
}

const struct cs_field *cs_field_find(const struct cs_field_index *index, enum cs_group group,
                                     const char *key, size_t length)
{
    size_t at;

    if (group == CS_GROUP_NONE || !length)
        return NULL;
    for (at = slot_of(group, key, length); index->slots[at]; at = (at + 1) % CS_FIELD_SLOTS) {
        if (is(index->slots[at], group, key, length))
            return index->slots[at];
    }
    return NULL;
}
