/* SPDX-License-Identifier: MIT */
/* The register of looked-at files and of probed libraries. */
#include "user/probe/libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "user/base/cleanup.h"
#include "user/base/map.h"
#include "user/probe/identity.h"
#include "user/probe/library_links.h"
#include "user/probe/uprobe.h"

enum { MAX_LIBRARIES = 1024, MAX_SEEN = 65536 };

#define SWEEP_NS 2000000000ull

struct library {
    char *path;
    struct cs_identity identity;
    struct cs_library_links links;
    bool is_tls;       /* else it calls getaddrinfo, no more */
    bool is_installed; /* at `path` on this host: kept for its next user */
    bool is_mapped;    /* somebody was seen to map it in the sweep that goes on */
    pid_t user;        /* who mapped it last, as far as we know, and as which cs_mapping_file */
    uint64_t file;
};

struct cs_libraries {
    struct cs_libraries_options options;
    struct cs_map seen;   /* by cs_mapping_file, looked at: its library, or ourselves for none */
    struct library **all; /* by number - 1; NULL: let go, the number is free */
    unsigned count;
    uint64_t next_sweep_ns;
    __u64 failed;
};

struct cs_libraries *cs_libraries_new(const struct cs_libraries_options *options)
{
    struct cs_libraries *libraries = calloc(1, sizeof(*libraries));

    if (libraries)
        libraries->options = *options;
    return libraries;
}

/* All libraries at once: one after the other they would take some 90 ms each. */
static void detach_all(const struct cs_libraries *libraries)
{
    int *fds = calloc((size_t)libraries->count * CS_LIBRARY_MAX_LINKS, sizeof(*fds));
    size_t count = 0;

    for (unsigned i = 0; i < libraries->count; i++) {
        struct library *library = libraries->all[i];

        if (library && !fds)
            cs_library_links_detach(&library->links);
        for (unsigned k = 0; fds && library && k < library->links.count; k++)
            fds[count++] = library->links.fds[k];
    }
    cs_uprobe_detach(fds, count);
    free(fds);
}

static void free_library(struct library *library)
{
    if (library)
        free(library->path);
    free(library);
}

void cs_libraries_free(struct cs_libraries *libraries)
{
    if (!libraries)
        return;
    detach_all(libraries);
    for (unsigned i = 0; i < libraries->count; i++)
        free_library(libraries->all[i]);
    free(libraries->all);
    cs_map_free(&libraries->seen);
    free(libraries);
}

/* When the register is full it starts anew: files are then looked at again. */
static int note_seen(struct cs_libraries *libraries, uint64_t file, void *what)
{
    if (libraries->seen.count >= MAX_SEEN)
        cs_map_free(&libraries->seen);
    return cs_map_put(&libraries->seen, file, what);
}

static struct library *find(const struct cs_libraries *libraries,
                            const struct cs_identity *identity)
{
    for (unsigned i = 0; i < libraries->count; i++) {
        if (libraries->all[i] && cs_identity_is_same(&libraries->all[i]->identity, identity))
            return libraries->all[i];
    }
    return NULL;
}

/* The index of a free place, the lowest; MAX_LIBRARIES = none. */
static unsigned place_for_one(struct cs_libraries *libraries)
{
    struct library **all;

    for (unsigned i = 0; i < libraries->count; i++) {
        if (!libraries->all[i])
            return i;
    }
    if (libraries->count >= MAX_LIBRARIES)
        return MAX_LIBRARIES;
    all = realloc(libraries->all, (libraries->count + 1) * sizeof(*all));
    if (!all)
        return MAX_LIBRARIES;
    libraries->all = all;
    all[libraries->count] = NULL;
    return libraries->count++;
}

/* Numbers start at 1: 0 means "unknown" in a record. */
static int attach(const struct cs_libraries *libraries, int fd, __u16 number,
                  const struct cs_sites *sites, struct library *library)
{
    const struct cs_libraries_options *options = &libraries->options;
    struct cs_library_programs how = {options->programs, options->multi, options->plaintext,
                                      options->ends};

    if (how.programs.site < 0 && how.programs.statem < 0)
        return 0;
    return cs_library_links_attach(&how, fd, number, sites, &library->links);
}

static bool has_tls(const struct cs_sites *sites)
{
    return sites->at[CS_SITE_DO_HANDSHAKE].function != 0;
}

static int add(struct cs_libraries *libraries, int fd, const char *path,
               const struct cs_sites *sites, const struct cs_identity *identity)
{
    const struct cs_libraries_options *options = &libraries->options;
    struct library *library = calloc(1, sizeof(*library));
    unsigned place = place_for_one(libraries);
    __u16 number = (__u16)(place + 1);
    int err = -ENOMEM;

    if (library && place < MAX_LIBRARIES) {
        library->identity = *identity;
        library->is_tls = has_tls(sites);
        library->path = strdup(path);
        err = library->path ? attach(libraries, fd, number, sites, library) : -ENOMEM;
    }
    if (err) {
        free_library(library);
        return err;
    }
    libraries->all[place] = library;
    if (library->is_tls && options->on_library)
        options->on_library(options->context, number, path);
    return 0;
}

/* The library that the file is; NULL: none. */
static struct library *look_at(struct cs_libraries *libraries, int fd, const char *path)
{
    const struct cs_log *log = libraries->options.log;
    struct cs_identity identity;
    struct cs_sites sites;
    int err = cs_sites_find(fd, path, log, &sites);

    if (err == -ENOENT || (!err && !has_tls(&sites) && !libraries->options.lookups))
        return NULL;
    if (!err)
        err = cs_identity_of(fd, &sites, &identity);
    if (!err && !find(libraries, &identity)) {
        err = add(libraries, fd, path, &sites, &identity);
        if (err)
            cs_say(log, CONNSPAN_WARNING, "%s: cannot be probed: %s", path, strerror(-err));
    }
    if (err)
        libraries->failed++;
    return err ? NULL : find(libraries, &identity);
}

static void note_user(struct library *library, pid_t pid, uint64_t file)
{
    library->user = pid;
    library->file = file;
    library->is_mapped = true;
}

/*
 * Programs that look names up are many, and most live for a moment: of this host's own they are
 * kept for the next time.
 */
static void keep_caller(struct library *library)
{
    struct stat status;

    library->is_installed = !library->is_tls && !stat(library->path, &status) &&
                            status.st_ino == library->identity.inode &&
                            status.st_dev == library->identity.device;
}

void cs_libraries_offer(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping)
{
    uint64_t file = cs_mapping_file(mapping);
    struct library *library;
    cs_auto_fd int fd = -1;
    void *seen;

    if (!mapping->inode)
        return;
    seen = cs_map_get(&libraries->seen, file);
    if (seen && seen != libraries)
        note_user(seen, pid, file);
    if (seen)
        return;
    fd = cs_mapping_open(pid, mapping);
    if (fd < 0)
        return; /* its process is gone: the next one that maps it is another chance */
    library = look_at(libraries, fd, mapping->path);
    note_seen(libraries, file, library ? (void *)library : libraries);
    if (!library)
        return;
    note_user(library, pid, file);
    if (!library->is_installed)
        keep_caller(library);
}

static void offer(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    cs_libraries_offer(context, pid, mapping);
}

/* Where distributions install OpenSSL and GnuTLS, the commonest program that carries its own, and
 * what most programs look names up by. */
static const char *const installed[] = {
    "/usr/lib/*/libssl.so.[0-9]*",
    "/usr/lib64/libssl.so.[0-9]*",
    "/usr/lib/libssl.so.[0-9]*",
    "/usr/local/lib*/libssl.so.[0-9]*",
    "/usr/lib/*/libgnutls.so.[0-9]*",
    "/usr/lib64/libgnutls.so.[0-9]*",
    "/usr/bin/node",
    "/usr/local/bin/node",
    "/usr/lib/*/libcurl*.so.4",
    "/usr/lib64/libcurl*.so.4",
    "/usr/lib/*/libcrypto.so.[0-9]*",
    "/usr/lib64/libcrypto.so.[0-9]*",
    "/usr/lib/*/libpq.so.[0-9]*",
    "/usr/lib/*/libpython3.*.so.[0-9]*",
    "/usr/lib/*/perl-base/auto/Socket/Socket.so",
    "/usr/lib/*/perl/*/auto/Socket/Socket.so",
    "/usr/lib/*/ruby/*/socket.so",
    "/usr/lib/jvm/*/lib/libnet.so",
    "/usr/lib/git-core/git-remote-http",
    "/usr/lib/apt/methods/http",
    "/usr/bin/python3.[0-9]*",
    "/usr/bin/php[0-9]*",
    "/usr/bin/getent",
    "/usr/bin/ssh",
    "/usr/bin/wget",
};

static void look_at_installed(struct cs_libraries *libraries, int fd, const char *path)
{
    struct library *library = look_at(libraries, fd, path);
    char *where;

    if (!library || library->is_installed)
        return;
    where = strdup(path); /* it may be known by the path it has in a container */
    if (!where)
        return;
    free(library->path);
    library->path = where;
    library->is_installed = true;
}

void cs_libraries_scan(struct cs_libraries *libraries)
{
    cs_maps_scan(offer, libraries);
    for (size_t i = 0; i < sizeof(installed) / sizeof(installed[0]); i++) {
        glob_t found = {0};

        glob(installed[i], GLOB_NOSORT, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            cs_auto_fd int fd = open(found.gl_pathv[k], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

            if (fd >= 0)
                look_at_installed(libraries, fd, found.gl_pathv[k]);
        }
        globfree(&found);
    }
}

/* An upgrade puts a new file at the path: then that one is the installed one. */
static void renew(struct cs_libraries *libraries, struct library *library)
{
    struct stat status;
    cs_auto_fd int fd = -1;

    if (!library->is_installed)
        return;
    fd = open(library->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && !fstat(fd, &status) && status.st_ino == library->identity.inode &&
        status.st_dev == library->identity.device)
        return;
    library->is_installed = false;
    if (fd >= 0)
        look_at_installed(libraries, fd, library->path);
}

/* The installed ones are kept for their next user. Is any other without one that we know? */
static bool is_missed(const struct cs_libraries *libraries)
{
    for (unsigned i = 0; i < libraries->count; i++) {
        const struct library *library = libraries->all[i];

        if (library && !library->is_installed && !cs_maps_has(library->user, library->file))
            return true;
    }
    return false;
}

/* The register of files may name it: it starts anew. */
static void let_go(struct cs_libraries *libraries, unsigned place)
{
    cs_library_links_detach(&libraries->all[place]->links);
    free_library(libraries->all[place]);
    libraries->all[place] = NULL;
    cs_map_free(&libraries->seen);
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Asks every process. */
static void let_go_of_unmapped(struct cs_libraries *libraries)
{
    for (unsigned i = 0; i < libraries->count; i++) {
        if (libraries->all[i])
            libraries->all[i]->is_mapped = false;
    }
    if (cs_maps_scan(offer, libraries))
        return;
    for (unsigned i = 0; i < libraries->count; i++) {
        const struct library *library = libraries->all[i];

        if (library && !library->is_mapped && !library->is_installed)
            let_go(libraries, i);
    }
}

void cs_libraries_sweep(struct cs_libraries *libraries, uint64_t now_ns)
{
    uint64_t began_ns = clock_ns(), pause_ns;

    if (now_ns < libraries->next_sweep_ns)
        return;
    for (unsigned i = 0; i < libraries->count; i++) {
        if (libraries->all[i])
            renew(libraries, libraries->all[i]);
    }
    if (is_missed(libraries))
        let_go_of_unmapped(libraries);
    pause_ns = (clock_ns() - began_ns) * 100;
    libraries->next_sweep_ns = now_ns + (pause_ns > SWEEP_NS ? pause_ns : SWEEP_NS);
}

unsigned cs_libraries_count(const struct cs_libraries *libraries)
{
    return libraries->count;
}

const char *cs_libraries_path(const struct cs_libraries *libraries, unsigned index)
{
    const struct library *library = libraries->all[index];

    return library && library->is_tls ? library->path : NULL;
}

__u64 cs_libraries_failed(const struct cs_libraries *libraries)
{
    return libraries->failed;
}
