/* SPDX-License-Identifier: MIT */
/* A binary heap of fixed size. */
#include "user/report/slowest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/cleanup.h"

int cs_slowest_init(struct cs_slowest *slowest, size_t room)
{
    *slowest =
        (struct cs_slowest){.room = room, .heap = calloc(room + 1, sizeof(struct cs_kept *))};
    return slowest->heap ? 0 : -ENOMEM;
}

bool cs_slowest_wants(const struct cs_slowest *slowest, uint64_t duration_ns)
{
    if (slowest->count < slowest->room)
        return true;
    return slowest->room && slowest->heap[0]->duration_ns < duration_ns;
}

static bool is_faster(const struct cs_kept *one, const struct cs_kept *other)
{
    if (one->duration_ns != other->duration_ns)
        return one->duration_ns < other->duration_ns;
    return one->order > other->order;
}

static void sink(struct cs_slowest *slowest, struct cs_kept *kept)
{
    struct cs_kept **heap = slowest->heap;
    size_t at = 0, child;

    for (; (child = 2 * at + 1) < slowest->count; at = child) {
        if (child + 1 < slowest->count && is_faster(heap[child + 1], heap[child]))
            child++;
        if (!is_faster(heap[child], kept))
            break;
        heap[at] = heap[child];
    }
    heap[at] = kept;
}

static void rise(struct cs_slowest *slowest, struct cs_kept *kept)
{
    struct cs_kept **heap = slowest->heap;
    size_t at = slowest->count++;

    for (; at > 0 && is_faster(kept, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = kept;
}

void cs_slowest_add(struct cs_slowest *slowest, struct cs_kept *kept)
{
    if (slowest->count < slowest->room) {
        rise(slowest, kept);
        return;
    }
    free(slowest->heap[0]);
    sink(slowest, kept);
}

static int compare(const void *a, const void *b)
{
    return is_faster(*(struct cs_kept *const *)a, *(struct cs_kept *const *)b) ? 1 : -1;
}

static struct cs_kept **sorted(const struct cs_slowest *slowest)
{
    struct cs_kept **copy = calloc(slowest->count + 1, sizeof(struct cs_kept *));

    if (!copy)
        return NULL;
    memcpy(copy, slowest->heap, slowest->count * sizeof(struct cs_kept *));
    qsort(copy, slowest->count, sizeof(struct cs_kept *), compare);
    return copy;
}

struct cs_kept **cs_slowest_pick(const struct cs_slowest *connected,
                                 const struct cs_slowest *failed)
{
    size_t half = connected->room / 2;
    size_t failures = failed->count < half ? failed->count : half;
    size_t others = connected->room - failures;
    cs_auto_free struct cs_kept **slow = sorted(connected), **bad = sorted(failed);
    struct cs_kept **picked = calloc(connected->room + 1, sizeof(struct cs_kept *));

    if (!slow || !bad || !picked) {
        free(picked);
        return NULL;
    }
    if (others > connected->count)
        others = connected->count;
    failures = connected->room - others;
    if (failures > failed->count)
        failures = failed->count;
    memcpy(picked, slow, others * sizeof(struct cs_kept *));
    memcpy(picked + others, bad, failures * sizeof(struct cs_kept *));
    qsort(picked, others + failures, sizeof(struct cs_kept *), compare);
    return picked;
}

void cs_slowest_free(struct cs_slowest *slowest)
{
    for (size_t i = 0; i < slowest->count; i++)
        free(slowest->heap[i]);
    free(slowest->heap);
    *slowest = (struct cs_slowest){0};
}
