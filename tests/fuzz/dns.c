/* SPDX-License-Identifier: MIT */
/*
 * DNS bytes as a hostile name server, or the process itself, may send them: the input is a list of
 * packets, each with its direction, flags, socket, place in the stream and step in time.
 */
#include <string.h>

#include "tests/harness/dns_build.h"
#include "user/dns/lookup.h"
#include "user/dns/stream.h"
#include "user/feed/asked.h"

enum { PROLOGUE_BYTES = 6, MAX_LOOKUPS = 4 };

static void on_message(void *context, const struct cs_event_dns *piece, const uint8_t *data,
                       size_t length)
{
    struct cs_dns_message message;

    if (cs_dns_message_read(data, length, &message))
        return;
    cs_lookups_message(context, piece, &message);
    for (unsigned i = 0; i < message.address_count; i++)
        cs_lookups_find(context, piece->process.tgid, &message.addresses[i], piece->event.ts_ns);
}

static void settle_overdue(struct cs_lookups *lookups, uint64_t now_ns)
{
    struct cs_lookup *lookup;

    while ((lookup = cs_lookups_overdue(lookups, now_ns))) {
        volatile size_t touched = strlen(lookup->name) + strlen(cs_lookup_failure(lookup));

        (void)touched;
        cs_lookups_settle(lookup);
    }
}

/* The next packet: flags, offset, cut, length, step in time, then its bytes. */
static size_t next_piece(const uint8_t *data, size_t size, uint64_t *now_ns, union ev_dns *event)
{
    struct dns_bytes bytes = {.length = data[3]};

    if (bytes.length > size - PROLOGUE_BYTES)
        bytes.length = size - PROLOGUE_BYTES;
    memcpy(bytes.data, data + PROLOGUE_BYTES, bytes.length);
    *now_ns += (uint64_t)data[4] << (data[5] % 40);
    *event = data[0] & 1 ? ev_answer(*now_ns, bytes) : ev_query(*now_ns, bytes);
    event->dns.flags = (data[0] >> 1 & CS_DNS_TCP) | (data[0] >> 6 & CS_DNS_IN_CALL);
    event->dns.socket = data[0] >> 2 & 3;
    event->dns.offset = data[1];
    event->dns.total_bytes += data[2];
    return PROLOGUE_BYTES + bytes.length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_dns_streams streams = {0};
    struct cs_asked asked = {0};
    struct cs_lookups lookups;
    uint64_t now_ns = EV_START;
    union ev_dns event;

    cs_lookups_init(&lookups, MAX_LOOKUPS);
    while (size > PROLOGUE_BYTES) {
        size_t taken = next_piece(data, size, &now_ns, &event);

        cs_dns_streams_feed(&streams, &event.dns, on_message, &lookups);
        settle_overdue(&lookups, now_ns);
        cs_asked_redact(&asked, &event.dns);
        data += taken;
        size -= taken;
    }
    cs_lookups_free(&lookups);
    cs_dns_streams_free(&streams);
    cs_asked_free(&asked);
    return 0;
}
