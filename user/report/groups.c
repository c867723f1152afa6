/* SPDX-License-Identifier: MIT */
/* Rows are found by a hash of their key; equal hashes of different keys take the next number. */
#include "user/report/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/report/dictionary.h"

int cs_row_add(struct cs_row *row, const struct cs_measure *measure)
{
    row->connections += measure->connection;
    row->failed += measure->failed && measure->connection;
    row->failed_later += measure->failed && !measure->connection;
    for (size_t i = 0; i < CS_SPAN_COUNT; i++) {
        if (measure->spans_ns[i] != CONNSPAN_UNKNOWN &&
            cs_sketch_add(&row->spans[i], measure->spans_ns[i]))
            return -ENOMEM;
    }
    return 0;
}

int cs_row_merge(struct cs_row *into, const struct cs_row *from)
{
    into->connections += from->connections;
    into->failed += from->failed;
    into->failed_later += from->failed_later;
    for (size_t i = 0; i < CS_SPAN_COUNT; i++) {
        if (cs_sketch_merge(&into->spans[i], &from->spans[i]))
            return -ENOMEM;
    }
    return 0;
}

void cs_row_clear(struct cs_row *row)
{
    for (size_t i = 0; i < CS_SPAN_COUNT; i++)
        cs_sketch_free(&row->spans[i]);
}

static void free_row(struct cs_row *row)
{
    cs_row_clear(row);
    free(row);
}

static size_t bytes_of(const struct cs_row *row)
{
    size_t bytes = 0;

    for (size_t i = 0; i < CS_SPAN_COUNT; i++)
        bytes += cs_sketch_bytes(&row->spans[i]);
    return bytes;
}

static struct cs_row *find(const struct cs_groups *groups, const char *key, uint64_t *number)
{
    struct cs_row *row;

    for (*number = cs_text_hash(key); (row = cs_map_get(&groups->rows, *number)); ++*number) {
        if (!strcmp(row->key, key))
            return row;
    }
    return NULL;
}

static int insert(struct cs_groups *groups, struct cs_row *row)
{
    uint64_t number;

    find(groups, row->key, &number);
    return cs_map_put(&groups->rows, number, row);
}

static struct cs_row *new_row(struct cs_groups *groups, const char *key)
{
    size_t length = strlen(key) + 1;
    struct cs_row *row = calloc(1, sizeof(*row) + length);

    if (!row)
        return NULL;
    row->key = memcpy(row + 1, key, length);
    if (insert(groups, row)) {
        free(row);
        return NULL;
    }
    return row;
}

static int by_connections(const void *a, const void *b)
{
    const struct cs_row *one = *(struct cs_row *const *)a, *other = *(struct cs_row *const *)b;

    if (one->connections != other->connections)
        return one->connections < other->connections ? 1 : -1;
    if (one->failed_later != other->failed_later)
        return one->failed_later < other->failed_later ? 1 : -1;
    return strcmp(one->key, other->key);
}

struct cs_row **cs_groups_sorted(const struct cs_groups *groups)
{
    struct cs_row **rows = calloc(groups->rows.count + 1, sizeof(struct cs_row *));
    size_t count = 0;

    if (!rows)
        return NULL;
    for (size_t i = 0; groups->rows.slots && i <= groups->rows.mask; i++) {
        if (groups->rows.slots[i].value)
            rows[count++] = groups->rows.slots[i].value;
    }
    qsort(rows, count, sizeof(struct cs_row *), by_connections);
    return rows;
}

/* The map is made anew: taking rows out one by one would break the chains of equal hashes. */
static int merge_lesser(struct cs_groups *groups)
{
    size_t count = groups->rows.count, kept = count / 2;
    struct cs_row **rows = cs_groups_sorted(groups);
    int err = 0;

    if (!rows)
        return -ENOMEM;
    cs_map_free(&groups->rows);
    groups->merged += count - kept;
    groups->missed += rows[kept]->connections;
    groups->bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bool stays = i < kept && !err;

        if (!err)
            err = stays ? insert(groups, rows[i]) : cs_row_merge(&groups->others, rows[i]);
        if (stays && !err)
            groups->bytes += bytes_of(rows[i]);
        else
            free_row(rows[i]);
    }
    free(rows);
    return err;
}

int cs_groups_add(struct cs_groups *groups, const char *key, const struct cs_measure *measure)
{
    uint64_t number;
    struct cs_row *row = find(groups, key, &number);
    size_t before;
    int err;

    if (!row && (groups->rows.count >= CS_GROUPS_ROWS || groups->bytes >= CS_GROUPS_BYTES)) {
        err = merge_lesser(groups);
        if (err)
            return err;
    }
    if (!row)
        row = new_row(groups, key);
    if (!row)
        return -ENOMEM;
    before = bytes_of(row);
    err = cs_row_add(row, measure);
    groups->bytes += bytes_of(row) - before;
    return err;
}

void cs_groups_free(struct cs_groups *groups)
{
    for (size_t i = 0; groups->rows.slots && i <= groups->rows.mask; i++) {
        if (groups->rows.slots[i].value)
            free_row(groups->rows.slots[i].value);
    }
    cs_map_free(&groups->rows);
    cs_row_clear(&groups->others);
}
