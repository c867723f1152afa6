/* SPDX-License-Identifier: MIT */
/*
 * The TLS libraries of this host, the files that call getaddrinfo, and the probes on them: found in
 * what processes have mapped, each real file once, whatever paths and containers lead to it, and
 * let go when nobody maps it any more (a probe pins its file and the mount it lies on). A file that
 * cannot be read or probed is counted and costs only its uprobe marks: the wire view still has it.
 * So is a caller of getaddrinfo above a hundred or so, which costs names.
 */
#pragma once

#include "include/wire/event.h"
#include "user/base/log.h"
#include "user/probe/hooks.h"
#include "user/probe/maps.h"

struct cs_libraries_options {
    struct cs_uprobe_programs programs; /* all -1: find, but do not probe (doctor) */
    bool multi;                         /* attach by uprobe_multi */
    bool plaintext;
    bool ends;  /* of handshakes */
    bool calls; /* cs_caps.uprobe_calls */
    bool lookups;
    const struct cs_log *log;
    /* A TLS library gets its probes; `number` is what BIND and HANDSHAKE records will call it. */
    void (*on_library)(void *context, __u16 number, const char *path);
    void *context;
};

struct cs_libraries;

/* NULL: out of memory. The options are copied; the log must outlive it. */
struct cs_libraries *cs_libraries_new(const struct cs_libraries_options *options);
void cs_libraries_free(struct cs_libraries *libraries); /* takes the probes off */

/* Looks at a mapped file, if it was not looked at before, and probes what it has to be probed: that
 * may take tens of milliseconds. */
void cs_libraries_offer(struct cs_libraries *libraries, pid_t pid,
                        const struct cs_mapping *mapping);

/* Whether there is nothing to look at any more, or never was. Notes who maps a library. Any thread,
 * as for the two counts below; all else is one thread's. */
bool cs_libraries_know(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping);

/*
 * Offers what the processes of this host have mapped now, and the TLS libraries that are installed:
 * its first user may need it sooner than a probe is on (curl: 5 ms from mapping libssl to its
 * handshake).
 */
void cs_libraries_scan(struct cs_libraries *libraries);

/*
 * To be called now and then: takes the probes off libraries that no process maps, but for those
 * installed where their next user will look. Mostly asks one process per library; asking them all
 * is kept to a hundredth of the time. Detaching takes a tenth of a second.
 */
void cs_libraries_sweep(struct cs_libraries *libraries, uint64_t now_ns);

/* Numbers in use are 1 to this; the path of one that was let go, or is no TLS library, is NULL. */
unsigned cs_libraries_count(const struct cs_libraries *libraries);
const char *cs_libraries_path(const struct cs_libraries *libraries, unsigned index);
__u64 cs_libraries_failed(const struct cs_libraries *libraries);    /* CS_LOSS_LIBRARY */
unsigned cs_libraries_probed(const struct cs_libraries *libraries); /* of TLS, since the start */
