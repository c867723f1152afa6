/* SPDX-License-Identifier: MIT */
/* Which files were looked at, and who maps those that are libraries: what two threads ask. */
#include "user/probe/library.h"

enum { MAX_SEEN = 65536 };

/* The number of an inode is used again, for another file: with its generation it is not. */
static uint64_t key_of(const struct cs_mapping *mapping)
{
    return cs_mapping_file(mapping) ^ mapping->generation * 0x9e3779b97f4a7c15;
}

/* Found if records told of the inode: then its generation is known, and another is another file. */
static uint64_t told_key_of(const struct cs_mapping *mapping)
{
    return ~cs_mapping_file(mapping);
}

static void note_user(struct cs_library *library, pid_t pid, uint64_t file)
{
    library->user = pid;
    library->file = file;
    library->is_mapped = true;
}

bool cs_libraries_know(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping)
{
    void *seen;

    if (!mapping->inode)
        return true;
    pthread_mutex_lock(&libraries->lock);
    seen = cs_map_get(&libraries->seen, key_of(mapping));
    if (seen && seen != libraries)
        note_user(seen, pid, cs_mapping_file(mapping));
    pthread_mutex_unlock(&libraries->lock);
    return seen;
}

/* When the register is full it starts anew: files are then looked at again. Maps do not tell the
 * generation: for them what was seen last holds. */
void cs_libraries_note(struct cs_libraries *libraries, pid_t pid, const struct cs_mapping *mapping,
                       struct cs_library *library)
{
    void *what = library ? (void *)library : libraries;
    uint64_t file = cs_mapping_file(mapping);

    pthread_mutex_lock(&libraries->lock);
    if (libraries->seen.count >= MAX_SEEN)
        cs_map_free(&libraries->seen);
    if (mapping->generation) {
        cs_map_put(&libraries->seen, key_of(mapping), what);
        cs_map_put(&libraries->seen, told_key_of(mapping), libraries);
    }
    cs_map_put(&libraries->seen, file, what);
    if (library)
        note_user(library, pid, file);
    pthread_mutex_unlock(&libraries->lock);
}

/* Short-lived programs would be tried again each time they run. */
void cs_libraries_trust(struct cs_libraries *libraries, const struct cs_mapping *mapping)
{
    void *what;

    pthread_mutex_lock(&libraries->lock);
    what = cs_map_get(&libraries->seen, cs_mapping_file(mapping));
    if (what && !cs_map_get(&libraries->seen, told_key_of(mapping)))
        cs_map_put(&libraries->seen, key_of(mapping), what);
    pthread_mutex_unlock(&libraries->lock);
}

void cs_libraries_forget_all(struct cs_libraries *libraries)
{
    pthread_mutex_lock(&libraries->lock);
    cs_map_free(&libraries->seen);
    pthread_mutex_unlock(&libraries->lock);
}

/* What reads /proc is not behind the lock. */
static bool has_user(struct cs_libraries *libraries, const struct cs_library *library)
{
    uint64_t file;
    pid_t user;

    pthread_mutex_lock(&libraries->lock);
    user = library->user;
    file = library->file;
    pthread_mutex_unlock(&libraries->lock);
    return cs_maps_has(user, file);
}

bool cs_libraries_miss_one(struct cs_libraries *libraries)
{
    for (unsigned i = 0; i < libraries->count; i++) {
        const struct cs_library *library = libraries->all[i];

        if (library && !cs_library_stays(library) && !has_user(libraries, library))
            return true;
    }
    return false;
}

void cs_libraries_unmap_all(struct cs_libraries *libraries)
{
    pthread_mutex_lock(&libraries->lock);
    for (unsigned i = 0; i < libraries->count; i++) {
        if (libraries->all[i])
            libraries->all[i]->is_mapped = false;
    }
    pthread_mutex_unlock(&libraries->lock);
}

/* A slot that was taken may hold another one now. */
static void forget(struct cs_libraries *libraries, const struct cs_library *library)
{
    struct cs_map *seen = &libraries->seen;

    for (size_t i = 0; seen->slots && i <= seen->mask; i++) {
        while (seen->slots[i].value == library)
            cs_map_take(seen, seen->slots[i].key);
    }
}

/* At once, so that nobody maps one between the question and the end. */
void cs_libraries_dismiss_unmapped(struct cs_libraries *libraries)
{
    pthread_mutex_lock(&libraries->lock);
    for (unsigned i = 0; i < libraries->count; i++) {
        struct cs_library *library = libraries->all[i];

        if (!library || library->is_mapped || cs_library_stays(library))
            continue;
        library->is_leaving = true;
        forget(libraries, library);
    }
    pthread_mutex_unlock(&libraries->lock);
}
