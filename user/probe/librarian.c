/* SPDX-License-Identifier: MIT */
/* Two queues: wishes go in, words come out. */
#include "user/probe/librarian.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "user/base/cleanup.h"
#include "user/base/thread.h"

enum { MAX_WISHES = 1024 }; /* files that nobody looked at yet: some containers full */

/* A file to look at. */
struct wish {
    struct wish *next;
    pid_t pid;
    struct cs_mapping mapping;
    char path[];
};

/* A library, or a line of the log. */
struct word {
    struct word *next;
    __u16 library; /* 0: a line */
    enum connspan_level level;
    char text[];
};

struct cs_librarian {
    struct cs_libraries_options options; /* as they were given: the register has ours */
    struct cs_log log;
    struct cs_libraries *libraries;
    int spoke_fd; /* -errno: heard in the next round */
    pthread_t thread;
    bool has_thread;
    _Atomic __u64 lost; /* wishes and words for which there was no room */

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t changed;
    struct wish *wishes, **last_wish;
    unsigned wish_count;
    uint64_t sweep_ns; /* 0: none is due */
    bool stopping;
    struct word *words, **last_word;
    atomic_bool has_words; /* may be asked without the lock */
};

static void say(struct cs_librarian *librarian, __u16 library, enum connspan_level level,
                const char *text)
{
    size_t bytes = strlen(text) + 1;
    struct word *word = malloc(sizeof(*word) + bytes);

    if (!word) {
        librarian->lost++;
        return;
    }
    *word = (struct word){.library = library, .level = level};
    memcpy(word->text, text, bytes);
    pthread_mutex_lock(&librarian->lock);
    *librarian->last_word = word;
    librarian->last_word = &word->next;
    librarian->has_words = true;
    pthread_mutex_unlock(&librarian->lock);
    eventfd_write(librarian->spoke_fd, 1);
}

static void on_library(void *context, __u16 number, const char *path)
{
    say(context, number, CONNSPAN_DEBUG, path);
}

static void on_log(void *context, enum connspan_level level, const char *line)
{
    say(context, 0, level, line);
}

struct cs_librarian *cs_librarian_new(const struct cs_libraries_options *options)
{
    struct cs_libraries_options ours = *options;
    struct cs_librarian *librarian = calloc(1, sizeof(*librarian));

    if (!librarian)
        return NULL;
    librarian->options = *options;
    librarian->log = (struct cs_log){on_log, librarian};
    librarian->last_wish = &librarian->wishes;
    librarian->last_word = &librarian->words;
    ours.log = &librarian->log;
    ours.on_library = on_library;
    ours.context = librarian;
    librarian->libraries = cs_libraries_new(&ours);
    if (!librarian->libraries) {
        free(librarian);
        return NULL;
    }
    librarian->spoke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&librarian->lock, NULL);
    pthread_cond_init(&librarian->changed, NULL);
    return librarian;
}

/* ---- the thread ---- */

static struct wish *take_wish(struct cs_librarian *librarian)
{
    struct wish *wish = librarian->wishes;

    if (!wish)
        return NULL;
    librarian->wishes = wish->next;
    if (!librarian->wishes)
        librarian->last_wish = &librarian->wishes;
    librarian->wish_count--;
    return wish;
}

/* One thing, without the lock that it is called and returns with. False: there is none. */
static bool work(struct cs_librarian *librarian)
{
    struct wish *wish = take_wish(librarian);
    uint64_t sweep_ns = wish ? 0 : librarian->sweep_ns;

    if (!wish && !sweep_ns)
        return false;
    if (!wish)
        librarian->sweep_ns = 0;
    pthread_mutex_unlock(&librarian->lock);
    if (wish)
        cs_libraries_offer(librarian->libraries, wish->pid, &wish->mapping);
    else
        cs_libraries_sweep(librarian->libraries, sweep_ns);
    free(wish);
    pthread_mutex_lock(&librarian->lock);
    return true;
}

static void *run(void *context)
{
    struct cs_librarian *librarian = context;

    pthread_mutex_lock(&librarian->lock);
    while (!librarian->stopping) {
        if (!work(librarian))
            pthread_cond_wait(&librarian->changed, &librarian->lock);
    }
    pthread_mutex_unlock(&librarian->lock);
    return NULL;
}

/* Something was left to do. Without a thread it is done here. */
static void wake(struct cs_librarian *librarian)
{
    if (!librarian->has_thread)
        librarian->has_thread =
            !cs_thread_start(&librarian->thread, "connspan-probe", run, librarian);
    if (librarian->has_thread) {
        pthread_cond_signal(&librarian->changed);
        return;
    }
    pthread_mutex_lock(&librarian->lock);
    while (work(librarian))
        ;
    pthread_mutex_unlock(&librarian->lock);
}

/* ---- what it is asked ---- */

static struct wish *wish_of(pid_t pid, const struct cs_mapping *mapping)
{
    size_t bytes = strlen(mapping->path) + 1;
    struct wish *wish = malloc(sizeof(*wish) + bytes);

    if (!wish)
        return NULL;
    *wish = (struct wish){.pid = pid, .mapping = *mapping};
    memcpy(wish->path, mapping->path, bytes);
    wish->mapping.path = wish->path;
    return wish;
}

static bool is_wished(const struct cs_librarian *librarian, const struct cs_mapping *mapping)
{
    for (const struct wish *wish = librarian->wishes; wish; wish = wish->next) {
        if (cs_mapping_file(&wish->mapping) == cs_mapping_file(mapping) &&
            wish->mapping.generation == mapping->generation)
            return true;
    }
    return false;
}

void cs_librarian_offer(struct cs_librarian *librarian, pid_t pid, const struct cs_mapping *mapping)
{
    struct wish *wish = NULL;
    bool is_known = cs_libraries_know(librarian->libraries, pid, mapping);

    if (is_known)
        return;
    pthread_mutex_lock(&librarian->lock);
    is_known = is_wished(librarian, mapping);
    if (!is_known && librarian->wish_count < MAX_WISHES)
        wish = wish_of(pid, mapping);
    if (wish) {
        *librarian->last_wish = wish;
        librarian->last_wish = &wish->next;
        librarian->wish_count++;
    }
    pthread_mutex_unlock(&librarian->lock);
    librarian->lost += !is_known && !wish;
    if (wish)
        wake(librarian);
}

void cs_librarian_sweep(struct cs_librarian *librarian, uint64_t now_ns)
{
    pthread_mutex_lock(&librarian->lock);
    librarian->sweep_ns = now_ns;
    pthread_mutex_unlock(&librarian->lock);
    wake(librarian);
}

int cs_librarian_fd(const struct cs_librarian *librarian)
{
    return librarian->spoke_fd;
}

static struct word *take_word(struct cs_librarian *librarian)
{
    struct word *word = librarian->words;

    if (word)
        librarian->words = word->next;
    if (!librarian->words)
        librarian->last_word = &librarian->words;
    librarian->has_words = librarian->words;
    return word;
}

void cs_librarian_hear(struct cs_librarian *librarian)
{
    const struct cs_libraries_options *options = &librarian->options;

    while (librarian->has_words) {
        struct word *word;

        pthread_mutex_lock(&librarian->lock);
        word = take_word(librarian);
        pthread_mutex_unlock(&librarian->lock);
        if (!word->library)
            cs_say(options->log, word->level, "%s", word->text);
        else if (options->on_library)
            options->on_library(options->context, word->library, word->text);
        free(word);
    }
}

void cs_librarian_scan(struct cs_librarian *librarian)
{
    cs_libraries_scan(librarian->libraries);
    cs_librarian_hear(librarian);
}

unsigned cs_librarian_probed(const struct cs_librarian *librarian)
{
    return cs_libraries_probed(librarian->libraries);
}

__u64 cs_librarian_failed(const struct cs_librarian *librarian)
{
    return cs_libraries_failed(librarian->libraries) + librarian->lost;
}

const struct cs_libraries *cs_librarian_libraries(const struct cs_librarian *librarian)
{
    return librarian->libraries;
}

void cs_librarian_free(struct cs_librarian *librarian)
{
    if (!librarian)
        return;
    pthread_mutex_lock(&librarian->lock);
    librarian->stopping = true;
    pthread_cond_signal(&librarian->changed);
    pthread_mutex_unlock(&librarian->lock);
    if (librarian->has_thread)
        pthread_join(librarian->thread, NULL);
    cs_libraries_free(librarian->libraries);
    while (librarian->wishes)
        free(take_wish(librarian));
    while (librarian->words)
        free(take_word(librarian));
    cs_close_at(&librarian->spoke_fd);
    pthread_cond_destroy(&librarian->changed);
    pthread_mutex_destroy(&librarian->lock);
    free(librarian);
}
