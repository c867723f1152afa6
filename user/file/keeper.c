/* SPDX-License-Identifier: MIT */
/*
 * The folder tells what there is to do, so nothing is remembered between two rounds or two runs:
 * what a killed one left is found by the next.
 */
#include "user/file/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "user/base/cleanup.h"
#include "user/base/thread.h"
#include "user/file/gzip.h"

enum { LOWEST_PRIORITY = 19 };

struct cs_keeper {
    struct cs_keeper_options options;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted; /* under the lock: a round is due */
    atomic_bool stop;
    int trouble; /* the thread's: what was said last */
};

struct list {
    char **names;
    size_t count;
};

static void say(struct cs_keeper *keeper, const char *path, int error)
{
    if (error && keeper->trouble != error)
        cs_note(keeper->options.notes, CONNSPAN_ERROR, "%s: %s", path, strerror(-error));
    keeper->trouble = error;
}

/* The path of `found`, beside FILE. False: too long. */
static bool beside(const struct cs_file_name *name, const char *found, char path[PATH_MAX])
{
    int length = snprintf(path, PATH_MAX, "%.*s%s", (int)name->folder_bytes, name->path, found);

    return length > 0 && length < PATH_MAX;
}

/* Regular files of ours only: a folder may be shared with others (sticky bit). */
static void remove_file(struct cs_keeper *keeper, const char *found)
{
    char path[PATH_MAX];
    struct stat info;

    if (!beside(keeper->options.name, found, path) || lstat(path, &info) < 0)
        return;
    if (S_ISREG(info.st_mode) && (info.st_uid == 0 || info.st_uid == geteuid()) && unlink(path) < 0)
        say(keeper, path, -errno);
}

static bool add(struct list *list, const char *name)
{
    char **names = realloc(list->names, (list->count + 1) * sizeof(*names));

    if (!names)
        return false;
    list->names = names;
    names[list->count] = strdup(name);
    if (!names[list->count])
        return false;
    list->count++;
    return true;
}

static void clear(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_closed(struct cs_keeper *keeper, struct list *list)
{
    const struct cs_file_name *name = keeper->options.name;
    char folder[PATH_MAX] = ".";
    struct dirent *found;
    DIR *dir;

    if (name->folder_bytes > 0 && !beside(name, "", folder))
        return -ENAMETOOLONG;
    dir = opendir(folder);
    if (!dir)
        return -errno;
    while ((found = readdir(dir)))
        if (cs_file_closed_kind(name, found->d_name) != CS_CLOSED_NONE && !add(list, found->d_name))
            break;
    closedir(dir);
    if (list->count > 0)
        qsort(list->names, list->count, sizeof(*list->names), by_name);
    return found ? -ENOMEM : 0;
}

static void compress(struct cs_keeper *keeper, const char *found)
{
    char path[PATH_MAX];
    int error = beside(keeper->options.name, found, path) ? cs_gzip_file(path, &keeper->stop)
                                                          : -ENAMETOOLONG;

    if (error != -ECANCELED && error != -ENOENT)
        say(keeper, path, error);
}

/* Names that differ by ".gz" alone, which a crash may leave, are one file. */
static bool is_same_file(const char *name, const char *next)
{
    size_t length = strlen(name);

    return strncmp(name, next, length) == 0 && strcmp(next + length, ".gz") == 0;
}

static void tidy(struct cs_keeper *keeper)
{
    const struct cs_keeper_options *options = &keeper->options;
    struct list list = {0};
    size_t kept = 0;
    int error = list_closed(keeper, &list);

    if (error)
        say(keeper, options->name->path, error);
    /* From the newest to the oldest. */
    for (size_t i = list.count; i-- > 0 && !atomic_load(&keeper->stop);) {
        enum cs_closed kind = cs_file_closed_kind(options->name, list.names[i]);

        if (kind == CS_CLOSED_PART) {
            remove_file(keeper, list.names[i]);
            continue;
        }
        kept += i + 1 == list.count || !is_same_file(list.names[i], list.names[i + 1]);
        if (options->keep && kept > options->keep)
            remove_file(keeper, list.names[i]);
        else if (options->compress && kind == CS_CLOSED_PLAIN)
            compress(keeper, list.names[i]);
    }
    clear(&list);
}

static void *run(void *context)
{
    struct cs_keeper *keeper = context;

    cs_thread_nice(LOWEST_PRIORITY);
    pthread_mutex_lock(&keeper->lock);
    while (!atomic_load(&keeper->stop)) {
        if (!keeper->wanted) {
            pthread_cond_wait(&keeper->changed, &keeper->lock);
            continue;
        }
        keeper->wanted = false;
        pthread_mutex_unlock(&keeper->lock);
        tidy(keeper);
        pthread_mutex_lock(&keeper->lock);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

struct cs_keeper *cs_keeper_new(const struct cs_keeper_options *options)
{
    struct cs_keeper *keeper = calloc(1, sizeof(*keeper));

    if (!keeper)
        return NULL;
    keeper->options = *options;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->changed, NULL);
    return keeper;
}

void cs_keeper_wake(struct cs_keeper *keeper)
{
    int error;

    pthread_mutex_lock(&keeper->lock);
    keeper->wanted = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    if (keeper->started)
        return;
    error = cs_thread_start(&keeper->thread, "connspan-keep", run, keeper);
    keeper->started = !error;
    if (error)
        say(keeper, keeper->options.name->path, error);
}

void cs_keeper_close(struct cs_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    atomic_store(&keeper->stop, true);
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
    if (keeper->started)
        pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
