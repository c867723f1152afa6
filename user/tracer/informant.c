/* SPDX-License-Identifier: MIT */
/* Looks numbers up in the tables of user/probe and makes name records of what is new. */
#include "user/tracer/informant.h"

#include <string.h>

#include "user/tracer/clock.h"

enum { MAX_TOLD = 65536 };

void cs_informant_tell(struct cs_pipeline *pipeline, enum cs_event_kind kind, uint64_t number,
                       const char *text)
{
    struct {
        struct cs_event_name name;
        char text[CS_PATH_BYTES];
    } record = {0};
    size_t length = strnlen(text, CS_PATH_BYTES - 1);

    memcpy(record.text, text, length);
    record.name.number = number;
    record.name.event = (struct cs_event){
        .ts_ns = cs_clock_now_ns(),
        .size_bytes = (__u32)(sizeof(record.name) + ((length + 8) & ~(size_t)7)),
        .kind = (__u16)kind,
        .version = CS_EVENT_VERSION,
    };
    cs_pipeline_event(pipeline, &record.name.event);
}

/* Never 0. A text that collides with the one told before it is not told: 1 in 2^63. By words, as it
 * is taken for every record: multiplied, and turned so that the high bits come down. */
static uint64_t fingerprint(const char *text)
{
    size_t length = strlen(text);
    uint64_t hash = length;

    for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
        size_t left = length - at;
        uint64_t word = 0;

        memcpy(&word, text + at, left < sizeof(word) ? left : sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    return hash | 1;
}

static void tell_once(struct cs_pipeline *pipeline, struct cs_map *told, enum cs_event_kind kind,
                      uint64_t number, const char *text)
{
    void *print = text ? (void *)(uintptr_t)fingerprint(text) : NULL;

    if (!text || cs_map_get(told, number) == print)
        return;
    if (told->count >= MAX_TOLD)
        cs_map_free(told);
    cs_map_put(told, number, print);
    cs_informant_tell(pipeline, kind, number, text);
}

const struct cs_process *cs_informant_process(const void *record, size_t length)
{
    const struct cs_event *event = record;
    const struct cs_event_connection *connection = record;
    const struct cs_event_dns *dns = record;
    const struct cs_event_lookup *lookup = record;

    if (length >= sizeof(*connection) && event->kind == CS_EVENT_CONNECTION)
        return &connection->facts.process;
    if (length >= sizeof(*dns) && event->kind == CS_EVENT_DNS && dns->direction == CS_FROM_CLIENT)
        return &dns->process;
    if (length >= sizeof(*lookup) && event->kind == CS_EVENT_LOOKUP)
        return &lookup->process;
    return NULL;
}

void cs_informant_see(struct cs_informant *informant, const struct cs_process *process)
{
    if (process->tgid)
        tell_once(informant->pipeline, &informant->told_executables, CS_EVENT_EXECUTABLE,
                  process->tgid, cs_executables_path(informant->executables, process->tgid));
    if (process->cgroup_id && informant->cgroups)
        tell_once(informant->pipeline, &informant->told_cgroups, CS_EVENT_CGROUP,
                  process->cgroup_id, cs_cgroups_path(informant->cgroups, process->cgroup_id));
}

void cs_informant_free(struct cs_informant *informant)
{
    cs_map_free(&informant->told_executables);
    cs_map_free(&informant->told_cgroups);
}
