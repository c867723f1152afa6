/* SPDX-License-Identifier: MIT */
/* The register of looked-at files and of probed libraries. */
#include "user/probe/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/probe/installed.h"
#include "user/probe/uprobe.h"

/* A caller is two descriptors for good, and of these we have a thousand. */
enum { MAX_LIBRARIES = 1024, MAX_CALLERS = 128 };

struct cs_libraries *cs_libraries_new(const struct cs_libraries_options *options)
{
    struct cs_libraries *libraries = calloc(1, sizeof(*libraries));

    if (!libraries)
        return NULL;
    libraries->options = *options;
    pthread_mutex_init(&libraries->lock, NULL);
    return libraries;
}

void cs_libraries_detach(const struct cs_libraries *libraries,
                         bool (*is_chosen)(const struct cs_library *library))
{
    int *fds = calloc((size_t)libraries->count * CS_LIBRARY_MAX_LINKS, sizeof(*fds));
    size_t count = 0;

    for (unsigned i = 0; i < libraries->count; i++) {
        struct cs_library *library = libraries->all[i];

        if (!library || !is_chosen(library))
            continue;
        if (!fds) {
            cs_library_links_detach(&library->links);
            continue;
        }
        for (unsigned k = 0; k < library->links.count; k++)
            fds[count++] = library->links.fds[k];
        library->links.count = 0;
    }
    cs_uprobe_detach(fds, count);
    free(fds);
}

static bool is_any(const struct cs_library *library)
{
    return library != NULL;
}

void cs_library_free(struct cs_library *library)
{
    if (library)
        free(library->path);
    free(library);
}

void cs_libraries_free(struct cs_libraries *libraries)
{
    if (!libraries)
        return;
    cs_libraries_detach(libraries, is_any);
    for (unsigned i = 0; i < libraries->count; i++)
        cs_library_free(libraries->all[i]);
    free(libraries->all);
    cs_map_free(&libraries->seen);
    pthread_mutex_destroy(&libraries->lock);
    free(libraries);
}

static struct cs_library *find(const struct cs_libraries *libraries,
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
    struct cs_library **all;

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
                  const struct cs_sites *sites, struct cs_library *library)
{
    const struct cs_libraries_options *options = &libraries->options;
    struct cs_library_programs how = {options->programs, options->multi, options->plaintext,
                                      options->ends, options->calls};

    if (how.programs.site < 0 && how.programs.statem < 0)
        return 0;
    return cs_library_links_attach(&how, fd, number, sites, &library->links);
}

static bool has_tls(const struct cs_sites *sites)
{
    return sites->at[CS_SITE_DO_HANDSHAKE].function != 0;
}

bool cs_libraries_are_crowded(const struct cs_libraries *libraries)
{
    unsigned callers = 0;

    for (unsigned i = 0; i < libraries->count; i++) {
        const struct cs_library *library = libraries->all[i];

        callers += library && !library->is_tls && !library->is_standard;
    }
    return callers >= MAX_CALLERS;
}

/* What a file is, as far as it was looked at. */
struct candidate {
    const char *path;
    struct cs_sites sites;
    struct cs_identity identity;
    int fd;
    bool is_standard;
};

static bool has_room(const struct cs_libraries *libraries, const struct candidate *file)
{
    return has_tls(&file->sites) || file->is_standard || !cs_libraries_are_crowded(libraries);
}

static int add(struct cs_libraries *libraries, const struct candidate *file)
{
    const struct cs_libraries_options *options = &libraries->options;
    struct cs_library *library = calloc(1, sizeof(*library));
    unsigned place = place_for_one(libraries);
    __u16 number = (__u16)(place + 1);
    int err = -ENOMEM;

    if (library && place < MAX_LIBRARIES) {
        library->identity = file->identity;
        library->is_tls = has_tls(&file->sites);
        library->is_standard = file->is_standard;
        library->path = strdup(file->path);
        if (library->is_tls && options->on_library)
            options->on_library(options->context, number, file->path);
        err = library->path ? attach(libraries, file->fd, number, &file->sites, library) : -ENOMEM;
    }
    if (err) {
        cs_library_free(library);
        return err;
    }
    libraries->all[place] = library;
    libraries->probed += library->is_tls;
    return 0;
}

static void say_crowded(struct cs_libraries *libraries, const char *path)
{
    if (!libraries->said_crowded)
        cs_say(libraries->options.log, CONNSPAN_WARNING,
               "%s: not probed: %d callers of getaddrinfo already are; what it and others find in "
               "files and caches stays unnamed",
               path, MAX_CALLERS);
    libraries->said_crowded = true;
}

static int look_closer(struct cs_libraries *libraries, struct candidate *file)
{
    int err = cs_identity_of(file->fd, &file->sites, &file->identity);

    if (err || find(libraries, &file->identity))
        return err;
    if (!has_room(libraries, file)) {
        say_crowded(libraries, file->path);
        return -ENOSPC;
    }
    err = add(libraries, file);
    if (err)
        cs_say(libraries->options.log, CONNSPAN_WARNING, "%s: cannot be probed: %s", file->path,
               strerror(-err));
    return err;
}

/* The library that the file is; NULL: none. */
static struct cs_library *look_at(struct cs_libraries *libraries, int fd, const char *path,
                                  bool is_standard)
{
    struct candidate file = {.fd = fd, .path = path, .is_standard = is_standard};
    int err = cs_sites_find(fd, path, libraries->options.log, &file.sites);

    if (err == -ENOENT || (!err && !has_tls(&file.sites) && !libraries->options.lookups))
        return NULL;
    if (!err)
        err = look_closer(libraries, &file);
    if (err)
        libraries->failed++;
    return err ? NULL : find(libraries, &file.identity);
}

bool cs_library_is_at_its_path(const struct cs_library *library)
{
    struct stat status;

    return !stat(library->path, &status) && status.st_ino == library->identity.inode &&
           status.st_dev == library->identity.device;
}

void cs_libraries_offer(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping)
{
    struct cs_library *library;
    cs_auto_fd int fd = -1;

    if (cs_libraries_know(libraries, pid, mapping))
        return;
    fd = cs_mapping_open(pid, mapping);
    if (fd < 0) { /* its process is gone: the next one that maps it is another chance */
        cs_libraries_trust(libraries, mapping);
        return;
    }
    library = look_at(libraries, fd, mapping->path, false);
    cs_libraries_note(libraries, pid, mapping, library);
    /* Programs that look names up are many, and most live for a moment. */
    if (library && !cs_library_stays(library))
        library->is_kept = !library->is_tls && cs_library_is_at_its_path(library);
}

static void offer(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    cs_libraries_offer(context, pid, mapping);
}

void cs_libraries_look_at_installed(void *context, int fd, const char *path)
{
    struct cs_library *library = look_at(context, fd, path, true);
    char *where;

    if (!library)
        return;
    where = strdup(path); /* it may be known by the path it has in a container */
    if (!where)
        return;
    free(library->path);
    library->path = where;
    library->is_standard = true;
}

int cs_libraries_scan_maps(struct cs_libraries *libraries)
{
    return cs_maps_scan(offer, libraries);
}

void cs_libraries_scan(struct cs_libraries *libraries)
{
    cs_installed_each(cs_libraries_look_at_installed, libraries);
    cs_libraries_scan_maps(libraries);
}

unsigned cs_libraries_count(const struct cs_libraries *libraries)
{
    return libraries->count;
}

const char *cs_libraries_path(const struct cs_libraries *libraries, unsigned index)
{
    const struct cs_library *library = libraries->all[index];

    return library && library->is_tls ? library->path : NULL;
}

__u64 cs_libraries_failed(const struct cs_libraries *libraries)
{
    return libraries->failed;
}

unsigned cs_libraries_probed(const struct cs_libraries *libraries)
{
    return libraries->probed;
}
