/* SPDX-License-Identifier: MIT */
/*
 * The register itself, for libraries.c, which fills it, libraries_seen.c, which knows what was
 * looked at and who maps it, and libraries_sweep.c, which clears it. One thread fills and clears;
 * what another may ask meanwhile (cs_libraries_know, cs_libraries_failed, cs_libraries_probed) is
 * behind the lock, or atomic.
 */
#pragma once

#include <pthread.h>

#include "user/base/map.h"
#include "user/probe/identity.h"
#include "user/probe/libraries.h"
#include "user/probe/library_links.h"

struct cs_library {
    char *path;
    struct cs_identity identity;
    struct cs_library_links links;
    bool is_tls;      /* else it calls getaddrinfo, no more */
    bool is_standard; /* at a `path` of installed.c's: stays, and is followed to the next version */
    bool is_kept;    /* a caller at `path` on this host: stays for its next run, if there is room */
    bool is_leaving; /* not to be found any more, the probes come off */
    /* Behind the lock: */
    bool is_mapped; /* somebody was seen to map it in the sweep that goes on */
    pid_t user;     /* who mapped it last, as far as we know, and as which cs_mapping_file */
    uint64_t file;
};

struct cs_libraries {
    struct cs_libraries_options options;
    pthread_mutex_t lock;
    struct cs_map seen;      /* behind it; what was looked at: its library, or ourselves for none */
    struct cs_library **all; /* by number - 1; NULL: let go, the number is free */
    unsigned count;
    uint64_t next_sweep_ns;
    _Atomic __u64 failed;
    _Atomic unsigned probed;
    bool said_crowded;
};

/* For its next user, though nobody maps it now. */
static inline bool cs_library_stays(const struct cs_library *library)
{
    return library->is_standard || library->is_kept;
}

bool cs_library_is_at_its_path(const struct cs_library *library);

void cs_library_free(struct cs_library *library); /* the probes are off */

/* Takes the probes off those, all at once: one after the other they would take some 90 ms each. */
void cs_libraries_detach(const struct cs_libraries *libraries,
                         bool (*is_chosen)(const struct cs_library *library));

/* There is room for no other caller of getaddrinfo but standard ones. */
bool cs_libraries_are_crowded(const struct cs_libraries *libraries);

/* Offers what processes have mapped now; 0 or -errno. */
int cs_libraries_scan_maps(struct cs_libraries *libraries);

/* A file was looked at: it is that library, or none (NULL), which `pid` has mapped. */
void cs_libraries_note(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping,
                       struct cs_library *library);
/* A file cannot be looked at: it is the one that maps told of, if only they told of its inode. */
void cs_libraries_trust(struct cs_libraries *libraries, const struct cs_mapping *mapping);
/* Files are looked at again when somebody maps them. */
void cs_libraries_forget_all(struct cs_libraries *libraries);

/* Is one that nobody stays for without a user that we know? */
bool cs_libraries_miss_one(struct cs_libraries *libraries);

/* Two ends of a look at who maps what: none does; those that none does, and that do not stay,
 * leave. */
void cs_libraries_unmap_all(struct cs_libraries *libraries);
void cs_libraries_dismiss_unmapped(struct cs_libraries *libraries);

/* `context` is the register: a visitor of cs_installed_each(). */
void cs_libraries_look_at_installed(void *context, int fd, const char *path);
