/* SPDX-License-Identifier: MIT */
/* Uncompressed names: what reads them is a library. */
#include "tests/harness/dns_build.h"

#include <arpa/inet.h>
#include <string.h>

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, CLASS_IN = 1, ANSWERS_AT = 6 };

static void put16(struct dns_bytes *bytes, unsigned value)
{
    bytes->data[bytes->length++] = (uint8_t)(value >> 8);
    bytes->data[bytes->length++] = (uint8_t)value;
}

static void put_name(struct dns_bytes *bytes, const char *name)
{
    while (*name) {
        size_t label = strcspn(name, ".");

        bytes->data[bytes->length++] = (uint8_t)label;
        memcpy(bytes->data + bytes->length, name, label);
        bytes->length += label;
        name += label + (name[label] == '.');
    }
    bytes->data[bytes->length++] = 0;
}

static struct dns_bytes message(uint16_t id, unsigned flags, enum cs_dns_type type,
                                const char *name)
{
    struct dns_bytes bytes = {0};

    put16(&bytes, id);
    put16(&bytes, flags);
    put16(&bytes, 1); /* questions */
    bytes.length += 6;
    put_name(&bytes, name);
    put16(&bytes, type == CS_DNS_A ? TYPE_A : TYPE_AAAA);
    put16(&bytes, CLASS_IN);
    return bytes;
}

struct dns_bytes dns_query(uint16_t id, enum cs_dns_type type, const char *name)
{
    return message(id, 0x0100, type, name); /* recursion desired */
}

struct dns_bytes dns_answer(uint16_t id, enum cs_dns_type type, const char *name, int rcode)
{
    return message(id, 0x8180 | (unsigned)rcode, type, name);
}

void dns_truncate(struct dns_bytes *bytes)
{
    bytes->data[2] |= 0x02;
}

static void begin_record(struct dns_bytes *bytes, const char *owner, unsigned type)
{
    bytes->data[ANSWERS_AT + 1]++;
    put_name(bytes, owner);
    put16(bytes, type);
    put16(bytes, CLASS_IN);
    put16(bytes, 0);
    put16(bytes, 300);
}

void dns_add_alias(struct dns_bytes *bytes, const char *owner, const char *target)
{
    begin_record(bytes, owner, TYPE_CNAME);
    put16(bytes, (unsigned)strlen(target) + 2);
    put_name(bytes, target);
}

void dns_add_address(struct dns_bytes *bytes, const char *owner, const char *address)
{
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    unsigned length = family == AF_INET ? 4 : 16;

    begin_record(bytes, owner, family == AF_INET ? TYPE_A : TYPE_AAAA);
    put16(bytes, length);
    inet_pton(family, address, bytes->data + bytes->length);
    bytes->length += length;
}

struct dns_bytes dns_address(uint16_t id, enum cs_dns_type type, const char *name,
                             const char *address)
{
    struct dns_bytes bytes = dns_answer(id, type, name, 0);

    dns_add_address(&bytes, name, address);
    return bytes;
}

static union ev_dns record(uint64_t at_ns, struct dns_bytes bytes, enum cs_direction direction)
{
    union ev_dns event = {0};

    event.event = (struct cs_event){
        .ts_ns = at_ns,
        .conn_id = at_ns,
        .size_bytes = (__u32)(sizeof(event.dns) + ((bytes.length + 7) & ~(size_t)7)),
        .kind = CS_EVENT_DNS,
        .version = CS_EVENT_VERSION,
    };
    event.dns.socket = DNS_SOCKET;
    event.dns.total_bytes = (__u32)bytes.length;
    event.dns.data_bytes = (__u16)bytes.length;
    event.dns.direction = direction;
    memcpy(event.dns.data, bytes.data, bytes.length);
    return event;
}

union ev_dns ev_query(uint64_t at_ns, struct dns_bytes bytes)
{
    union ev_dns event = record(at_ns, bytes, CS_FROM_CLIENT);

    event.dns.process = ev_facts().process;
    event.dns.netns = ev_facts().netns;
    return event;
}

union ev_dns ev_answer(uint64_t at_ns, struct dns_bytes bytes)
{
    union ev_dns event = record(at_ns, bytes, CS_FROM_SERVER);

    event.dns.process.tgid = ev_facts().process.tgid;
    return event;
}

struct cs_event_lookup ev_lookup(uint64_t start_ns, uint64_t at_ns, const char *name,
                                 const char *address, int error)
{
    struct cs_event_lookup event = {
        .event = {.ts_ns = at_ns,
                  .conn_id = start_ns,
                  .size_bytes = sizeof(event),
                  .kind = CS_EVENT_LOOKUP,
                  .version = CS_EVENT_VERSION},
        .process = ev_facts().process,
        .start_ns = start_ns,
        .error = error,
        .netns = ev_facts().netns,
        .address_count = address ? 1 : 0,
    };

    strcpy(event.name, name);
    if (address && strchr(address, ':')) {
        inet_pton(AF_INET6, address, event.addresses[0]);
    } else if (address) {
        memset(event.addresses[0] + 10, 0xff, 2);
        inet_pton(AF_INET, address, event.addresses[0] + 12);
    }
    return event;
}
