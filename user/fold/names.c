/* SPDX-License-Identifier: MIT */
/* Reference-counted texts: the table is one holder, every pending connection may be another. */
#include "user/fold/names.h"

#include <stdlib.h>
#include <string.h>

void cs_names_init(struct cs_names *names, size_t limit_bytes)
{
    *names = (struct cs_names){.limit_bytes = limit_bytes};
    TAILQ_INIT(&names->by_use);
}

struct cs_name *cs_name_hold(struct cs_name *name)
{
    if (name)
        name->holders++;
    return name;
}

void cs_name_release(struct cs_name *name)
{
    if (name && --name->holders == 0)
        free(name);
}

const char *cs_name_text(const struct cs_name *name)
{
    return name ? name->text : NULL;
}

static void forget(struct cs_names *names, uint64_t number)
{
    struct cs_name *name = cs_map_take(&names->map, number);

    if (!name)
        return;
    TAILQ_REMOVE(&names->by_use, name, link);
    names->bytes -= name->bytes;
    cs_name_release(name);
}

static struct cs_name *name_new(uint64_t number, const char *text)
{
    size_t length = strlen(text);
    size_t bytes = sizeof(struct cs_name) + length + 1;
    struct cs_name *name = malloc(bytes);

    if (!name)
        return NULL;
    *name = (struct cs_name){.number = number, .bytes = bytes, .holders = 1};
    memcpy(name->text, text, length + 1);
    return name;
}

void cs_names_put(struct cs_names *names, uint64_t number, const char *text)
{
    struct cs_name *name;

    forget(names, number); /* first: without memory for the new name the old one is wrong, too */
    if (!text[0])
        return;
    name = name_new(number, text);
    if (!name)
        return;
    if (cs_map_put(&names->map, number, name)) {
        cs_name_release(name);
        return;
    }
    TAILQ_INSERT_TAIL(&names->by_use, name, link);
    names->bytes += name->bytes;
    while (names->bytes > names->limit_bytes)
        forget(names, TAILQ_FIRST(&names->by_use)->number);
}

struct cs_name *cs_names_get(struct cs_names *names, uint64_t number)
{
    struct cs_name *name = cs_map_get(&names->map, number);

    if (name) {
        TAILQ_REMOVE(&names->by_use, name, link);
        TAILQ_INSERT_TAIL(&names->by_use, name, link);
    }
    return name;
}

void cs_names_free(struct cs_names *names)
{
    while (!TAILQ_EMPTY(&names->by_use))
        forget(names, TAILQ_FIRST(&names->by_use)->number);
    cs_map_free(&names->map);
}
