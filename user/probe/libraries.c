/* SPDX-License-Identifier: MIT */
/* The register of looked-at files and of probed libraries. */
#include "user/probe/libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/cleanup.h"
#include "user/base/map.h"
#include "user/probe/identity.h"
#include "user/probe/library_links.h"
#include "user/probe/uprobe.h"

enum { MAX_LIBRARIES = 1024, MAX_SEEN = 65536 };

struct library {
    char *path;
    struct cs_identity identity;
    struct cs_library_links links;
};

struct cs_libraries {
    struct cs_libraries_options options;
    struct cs_map seen; /* by cs_mapping_file: every file that was looked at */
    struct library *all;
    unsigned count;
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
        struct cs_library_links *links = &libraries->all[i].links;

        if (!fds)
            cs_library_links_detach(links);
        for (unsigned k = 0; k < links->count; k++)
            fds[count++] = links->fds[k];
    }
    cs_uprobe_detach(fds, count);
    free(fds);
}

void cs_libraries_free(struct cs_libraries *libraries)
{
    if (!libraries)
        return;
    detach_all(libraries);
    for (unsigned i = 0; i < libraries->count; i++)
        free(libraries->all[i].path);
    free(libraries->all);
    cs_map_free(&libraries->seen);
    free(libraries);
}

/* True the first time. When the register is full it starts anew: files are then looked at again. */
static bool note_seen(struct cs_libraries *libraries, uint64_t file)
{
    if (cs_map_get(&libraries->seen, file))
        return false;
    if (libraries->seen.count >= MAX_SEEN)
        cs_map_free(&libraries->seen);
    return !cs_map_put(&libraries->seen, file, libraries);
}

static bool is_known(const struct cs_libraries *libraries, const struct cs_identity *identity)
{
    for (unsigned i = 0; i < libraries->count; i++) {
        if (cs_identity_is_same(&libraries->all[i].identity, identity))
            return true;
    }
    return false;
}

static struct library *room_for_one(struct cs_libraries *libraries)
{
    struct library *all;

    if (libraries->count >= MAX_LIBRARIES)
        return NULL;
    all = realloc(libraries->all, (libraries->count + 1) * sizeof(*all));
    if (!all)
        return NULL;
    libraries->all = all;
    all[libraries->count] = (struct library){0};
    return &all[libraries->count];
}

/* Numbers start at 1: 0 means "unknown" in a record. */
static int add(struct cs_libraries *libraries, int fd, const char *path,
               const struct cs_sites *sites, const struct cs_identity *identity)
{
    const struct cs_libraries_options *options = &libraries->options;
    struct cs_library_programs how = {options->programs, options->multi, options->server_names};
    struct library *library = room_for_one(libraries);
    __u16 number = (__u16)(libraries->count + 1);
    int err = 0;

    if (!library)
        return -ENOMEM;
    library->path = strdup(path);
    library->identity = *identity;
    if (!library->path)
        return -ENOMEM;
    if (how.programs.site >= 0 || how.programs.statem >= 0)
        err = cs_library_links_attach(&how, fd, number, sites, &library->links);
    if (err) {
        free(library->path);
        return err;
    }
    libraries->count++;
    if (options->on_library)
        options->on_library(options->context, number, path);
    return 0;
}

static void look_at(struct cs_libraries *libraries, int fd, const char *path)
{
    const struct cs_log *log = libraries->options.log;
    struct cs_identity identity;
    struct cs_sites sites;
    int err = cs_sites_find(fd, path, log, &sites);

    if (err == -ENOENT)
        return;
    if (!err)
        err = cs_identity_of(fd, &sites, &identity);
    if (!err && is_known(libraries, &identity))
        return;
    if (!err) {
        err = add(libraries, fd, path, &sites, &identity);
        if (err)
            cs_say(log, CONNSPAN_WARNING, "%s: cannot be probed: %s", path, strerror(-err));
    }
    if (err)
        libraries->failed++;
}

void cs_libraries_offer(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping)
{
    cs_auto_fd int fd = -1;

    if (!mapping->inode || !note_seen(libraries, cs_mapping_file(mapping)))
        return;
    fd = cs_mapping_open(pid, mapping);
    if (fd >= 0)
        look_at(libraries, fd, mapping->path);
    else /* its process is gone: the next one that maps it is another chance */
        cs_map_take(&libraries->seen, cs_mapping_file(mapping));
}

static void offer(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    cs_libraries_offer(context, pid, mapping);
}

/* Where distributions install OpenSSL and GnuTLS, and the commonest program that carries its own.
 */
static const char *const installed[] = {
    "/usr/lib/*/libssl.so.[0-9]*",
    "/usr/lib64/libssl.so.[0-9]*",
    "/usr/lib/libssl.so.[0-9]*",
    "/usr/local/lib*/libssl.so.[0-9]*",
    "/usr/lib/*/libgnutls.so.[0-9]*",
    "/usr/lib64/libgnutls.so.[0-9]*",
    "/usr/bin/node",
    "/usr/local/bin/node",
};

void cs_libraries_scan(struct cs_libraries *libraries)
{
    cs_maps_scan(offer, libraries);
    for (size_t i = 0; i < sizeof(installed) / sizeof(installed[0]); i++) {
        glob_t found = {0};

        glob(installed[i], GLOB_NOSORT, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            cs_auto_fd int fd = open(found.gl_pathv[k], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

            if (fd >= 0)
                look_at(libraries, fd, found.gl_pathv[k]);
        }
        globfree(&found);
    }
}

unsigned cs_libraries_count(const struct cs_libraries *libraries)
{
    return libraries->count;
}

const char *cs_libraries_path(const struct cs_libraries *libraries, unsigned index)
{
    return libraries->all[index].path;
}

__u64 cs_libraries_failed(const struct cs_libraries *libraries)
{
    return libraries->failed;
}
