/* SPDX-License-Identifier: MIT */
/* A timeline without a source, fed by hand, and an observer that notes what it is told. */
#pragma once

#include <connspan/observer.h>

struct connspan_timeline *world_open(void);

/* One more entry; its name is "https://NUMBER.example/", it began at `start_ns`. */
void world_load(struct connspan_timeline *timeline, unsigned number);
void world_load_at(struct connspan_timeline *timeline, unsigned number, uint64_t start_ns);

size_t world_buffered(struct connspan_timeline *timeline);
/* "1 2 3": the numbers of what is in the buffer, or in a list, which is freed. */
const char *world_buffer_text(struct connspan_timeline *timeline);
const char *world_text(struct connspan_entry_list *list);

/* What callbacks were told: "1 2 |3 |" of two callbacks; first: "1 2 (dropped 0) |". */
struct watcher {
    struct connspan_observer *observer;
    char told[4096];
    unsigned callbacks;
    uint64_t lost;
};

void world_watch(struct connspan_timeline *timeline, struct watcher *watcher);
int world_observe(struct connspan_observer *observer, const char *type, bool buffered);
int world_observe_types(struct connspan_observer *observer, const char *const *types, size_t count);
