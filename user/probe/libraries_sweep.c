/* SPDX-License-Identifier: MIT */
/* Lets go of what nobody maps any more; an upgraded library is another file. */
#include "user/probe/library.h"

#include <time.h>

#include "user/base/cleanup.h"

#define SWEEP_NS 2000000000ull

/* An upgrade puts a new file at a standard path. What lies where some program lay is not looked at
 * before somebody maps it. */
static void renew(struct cs_libraries *libraries, struct cs_library *library)
{
    cs_auto_fd int fd = -1;

    if (!cs_library_stays(library) || cs_library_is_at_its_path(library))
        return;
    if (library->is_standard) {
        fd = cs_open_regular(library->path, 0);
        if (fd >= 0)
            cs_libraries_look_at_installed(libraries, fd, library->path);
    }
    library->is_standard = library->is_kept = false;
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static bool is_leaving(const struct cs_library *library)
{
    return library->is_leaving;
}

/* Of the callers that are kept for their next run, half: so that this is rare. Those that were
 * refused get another chance. */
static void make_room(struct cs_libraries *libraries)
{
    bool odd = false, any = false;

    pthread_mutex_lock(&libraries->lock);
    for (unsigned i = 0; i < libraries->count; i++) {
        struct cs_library *library = libraries->all[i];

        if (!library || !library->is_kept || library->is_mapped)
            continue;
        odd = !odd;
        library->is_kept = !odd;
        any = true;
    }
    pthread_mutex_unlock(&libraries->lock);
    if (any)
        cs_libraries_forget_all(libraries);
}

static void let_go(struct cs_libraries *libraries)
{
    cs_libraries_detach(libraries, is_leaving);
    for (unsigned i = 0; i < libraries->count; i++) {
        if (!libraries->all[i] || !libraries->all[i]->is_leaving)
            continue;
        cs_library_free(libraries->all[i]);
        libraries->all[i] = NULL;
    }
}

/* Asks every process. A container that ends may leave many at once. */
static void let_go_of_unmapped(struct cs_libraries *libraries)
{
    bool crowded = cs_libraries_are_crowded(libraries);

    cs_libraries_unmap_all(libraries);
    if (cs_libraries_scan_maps(libraries))
        return;
    if (crowded)
        make_room(libraries);
    cs_libraries_dismiss_unmapped(libraries);
    let_go(libraries);
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
    if (cs_libraries_miss_one(libraries) || cs_libraries_are_crowded(libraries))
        let_go_of_unmapped(libraries);
    pause_ns = (clock_ns() - began_ns) * 100;
    libraries->next_sweep_ns = now_ns + (pause_ns > SWEEP_NS ? pause_ns : SWEEP_NS);
}
