/* SPDX-License-Identifier: MIT */
/* From the sites of a library to attached probes. */
#include "user/probe/library_links.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "user/probe/uprobe.h"

enum { MAX_ENTRIES = 19 };

struct entry {
    __u64 offset;
    enum cs_probe probe;
    __u32 detail;
};

static __u64 cookie_of(__u16 library, const struct entry *entry)
{
    return CS_COOKIE(library, entry->probe) | (__u64)entry->detail << 24;
}

/* Cheap places alone, and all or none: what is read would make no sense without what is written. */
static bool is_read(const struct cs_sites *sites, const struct cs_library_programs *how)
{
    return how->plaintext && how->programs.plain >= 0 && sites->at[CS_SITE_WRITE].function;
}

/*
 * Without the state machine the exported function has to tell the begin as well. A descriptor or a
 * name that outlives its object would be taken for the next one's at this address.
 */
static unsigned list_entries(const struct cs_sites *sites, const struct cs_library_programs *how,
                             struct entry *entries)
{
    const struct cs_site *at = sites->at;
    bool with_return = how->programs.lookup_return >= 0;
    bool with_statem = at[CS_SITE_STATEM_CONNECT].function;
    bool with_end = how->ends && at[CS_SITE_END].function;
    bool with_free = at[CS_SITE_FREE].function;
    bool with_calls = how->calls && at[CS_SITE_ERROR_CALL].function;
    const struct {
        const struct cs_site *site;
        enum cs_probe probe;
        bool wanted;
    } rows[] = {
        {&at[CS_SITE_STATEM_CONNECT], CS_PROBE_STATEM, true},
        {&at[CS_SITE_STATEM_ACCEPT], CS_PROBE_STATEM, true},
        {&at[CS_SITE_CONNECT], CS_PROBE_STATEM, !with_statem},
        {&at[CS_SITE_ACCEPT], CS_PROBE_STATEM, !at[CS_SITE_STATEM_ACCEPT].function},
        {&at[CS_SITE_DO_HANDSHAKE], CS_PROBE_HANDSHAKE, with_statem && with_end},
        {&at[CS_SITE_DO_HANDSHAKE], CS_PROBE_WHOLE, !with_statem && with_end},
        {&at[CS_SITE_DO_HANDSHAKE], CS_PROBE_STATEM, !with_statem && !with_end},
        {&at[CS_SITE_END], CS_PROBE_END, with_end},
        {&at[CS_SITE_FREE], CS_PROBE_FREE, true},
        {&at[CS_SITE_SET_FD], CS_PROBE_SET_FD, with_free},
        {&at[CS_SITE_SET_WFD], CS_PROBE_SET_FD, with_free},
        {&at[CS_SITE_CTRL], CS_PROBE_CTRL, with_free},
        {&at[CS_SITE_ERROR_CALL], CS_PROBE_ERROR, with_calls},
        {&at[CS_SITE_ERROR_CALL_2], CS_PROBE_ERROR, with_calls},
        {&at[CS_SITE_ERROR_CALL_3], CS_PROBE_ERROR, with_calls},
        {&at[CS_SITE_ERROR_CALL_4], CS_PROBE_ERROR, with_calls},
        {&at[CS_SITE_ERROR], CS_PROBE_ERROR, !with_calls},
        {&at[CS_SITE_PUT_ERROR], CS_PROBE_PUT_ERROR, true},
        {&at[CS_SITE_LOOKUP], CS_PROBE_LOOKUP, with_return},
    };
    unsigned count = 0;

    _Static_assert(sizeof(rows) / sizeof(rows[0]) <= MAX_ENTRIES, "room for every row");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!rows[i].wanted || !rows[i].site->function)
            continue;
        entries[count] = (struct entry){rows[i].site->probe, rows[i].probe, rows[i].site->detail};
        if (rows[i].probe == CS_PROBE_STATEM && is_read(sites, how))
            entries[count].detail = CS_DETAIL_IS_READ;
        count++;
    }
    return count;
}

static unsigned list_plain(const struct cs_sites *sites, struct entry *entries)
{
    const struct cs_site *at = sites->at;

    entries[0] = (struct entry){at[CS_SITE_WRITE].probe, CS_PROBE_WRITE, at[CS_SITE_WRITE].detail};
    entries[1] =
        (struct entry){at[CS_SITE_READ_END].probe, CS_PROBE_READ_END, at[CS_SITE_READ_END].detail};
    return 2;
}

static int keep(struct cs_library_links *links, int fd)
{
    if (fd < 0)
        return fd;
    links->fds[links->count++] = fd;
    return 0;
}

struct target {
    const struct cs_library_programs *how;
    int file_fd;
    __u16 number;
};

static int program_of(const struct cs_uprobe_programs *programs, enum cs_probe probe)
{
    bool is_plain = probe == CS_PROBE_WRITE || probe == CS_PROBE_READ_END;

    if (programs->site >= 0 && !is_plain)
        return programs->site;
    switch (probe) {
    case CS_PROBE_STATEM:
        return programs->statem;
    case CS_PROBE_HANDSHAKE:
        return programs->handshake;
    case CS_PROBE_FREE:
        return programs->free;
    case CS_PROBE_WHOLE:
        return programs->whole;
    case CS_PROBE_SET_FD:
        return programs->set_fd;
    case CS_PROBE_CTRL:
        return programs->ctrl;
    case CS_PROBE_ERROR:
        return programs->error;
    case CS_PROBE_PUT_ERROR:
        return programs->put_error;
    case CS_PROBE_LOOKUP:
        return programs->lookup;
    case CS_PROBE_WRITE:
    case CS_PROBE_READ_END:
        return programs->plain;
    case CS_PROBE_END:
        return programs->end;
    }
    return -1;
}

static int attach_multi(const struct target *target, const struct entry *entries, unsigned count,
                        struct cs_library_links *links)
{
    __u64 offsets[MAX_ENTRIES], cookies[MAX_ENTRIES];
    struct cs_uprobe uprobe = {
        .program_fd = program_of(&target->how->programs, entries[0].probe),
        .file_fd = target->file_fd,
        .offsets = offsets,
        .cookies = cookies,
        .count = count,
    };

    for (unsigned i = 0; i < count; i++) {
        offsets[i] = entries[i].offset;
        cookies[i] = cookie_of(target->number, &entries[i]);
    }
    return keep(links, cs_uprobe_attach_multi(&uprobe));
}

/* Without cookies a map holds the detail; two places of different libraries may want one entry of
 * it, then the second library's handshakes end by the wire. */
static bool has_detail(const struct cs_uprobe_programs *programs, const struct entry *entry)
{
    __u32 place = entry->offset & (CS_END_PLACES - 1), detail = 0;

    if (!entry->detail)
        return true;
    bpf_map_lookup_elem(programs->end_details, &place, &detail);
    if (detail)
        return detail == entry->detail;
    return !bpf_map_update_elem(programs->end_details, &place, &entry->detail, BPF_ANY);
}

static int attach_perf(const struct target *target, const struct entry *entries, unsigned count,
                       struct cs_library_links *links)
{
    const struct cs_uprobe_programs *programs = &target->how->programs;

    for (unsigned i = 0; i < count; i++) {
        __u64 cookie = cookie_of(target->number, &entries[i]);
        struct cs_uprobe uprobe = {
            .program_fd = program_of(programs, entries[i].probe),
            .file_fd = target->file_fd,
            .offsets = &entries[i].offset,
            .cookies = programs->site >= 0 ? &cookie : NULL,
            .count = 1,
        };
        int err;

        if (programs->site < 0 && !has_detail(programs, &entries[i]))
            continue;
        err = keep(links, cs_uprobe_attach_perf(&uprobe, 0));
        if (err)
            return err;
    }
    return 0;
}

/* The only return probe there is; where the entry's is, too: one trap for both. No libc changes
 * stacks inside getaddrinfo, and what is left of a call that never returned is let go at the next.
 */
static void attach_return(const struct target *target, const struct cs_sites *sites,
                          struct cs_library_links *links)
{
    __u64 offset = sites->at[CS_SITE_LOOKUP].probe;
    struct cs_uprobe uprobe = {
        .program_fd = target->how->programs.lookup_return,
        .file_fd = target->file_fd,
        .offsets = &offset,
        .count = 1,
        .is_return = true,
    };

    keep(links,
         target->how->multi ? cs_uprobe_attach_multi(&uprobe) : cs_uprobe_attach_perf(&uprobe, 0));
}

static int attach(const struct target *target, const struct entry *entries, unsigned count,
                  struct cs_library_links *links)
{
    return target->how->multi ? attach_multi(target, entries, count, links)
                              : attach_perf(target, entries, count, links);
}

int cs_library_links_attach(const struct cs_library_programs *how, int file_fd, __u16 number,
                            const struct cs_sites *sites, struct cs_library_links *links)
{
    struct target target = {how, file_fd, number};
    struct cs_library_links made = {.count = 0};
    struct entry entries[MAX_ENTRIES];
    unsigned count = list_entries(sites, how, entries);
    int err;

    if (!count)
        return 0; /* a caller of getaddrinfo, without return probes */
    err = attach(&target, entries, count, &made);
    /* Behind the entries: a return whose call nobody noted would pass for one that was forgotten.
     */
    if (!err && sites->at[CS_SITE_LOOKUP].function)
        attach_return(&target, sites, &made);
    if (!err && is_read(sites, how))
        err = attach(&target, entries, list_plain(sites, entries), &made);
    if (err) {
        cs_library_links_detach(&made);
        return err;
    }
    *links = made;
    return 0;
}

void cs_library_links_detach(struct cs_library_links *links)
{
    cs_uprobe_detach(links->fds, links->count);
    links->count = 0;
}
