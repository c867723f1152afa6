/* SPDX-License-Identifier: MIT */
/*
 * yajl calls back for every key and value; a stack says in which object we are. One yajl handle
 * reads line after line; what is left in a bad state by a broken line is thrown away.
 */
#include "user/report/line.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "user/base/buf.h"
#include "user/report/decimal.h"
#include "user/report/fields.h"

#define DEPTH_MAX 32 /* today's lines have 3 */

struct cs_line_reader {
    struct cs_line line;
    struct cs_field_index index;
    yajl_handle json;              /* NULL: made anew for the next line */
    const struct cs_field *wanted; /* of the key just read; NULL: its value is not wanted */
    bool loss;                     /* that value is a loss counter */
    size_t depth;
    uint8_t groups[DEPTH_MAX + 1]; /* enum cs_group, by depth */
    bool object;                   /* the line is an object */
    char *text;                    /* strings of the line, each with a NUL */
    size_t text_used;
    size_t text_room; /* at least the length of the line: quotes make room for the NULs */
};

/* The value has come: whatever it was, the next one needs a key of its own. */
static const struct cs_field *take_wanted(struct cs_line_reader *reader)
{
    const struct cs_field *field = reader->wanted;

    reader->wanted = NULL;
    return field;
}

static void *member(struct cs_line_reader *reader, const struct cs_field *field)
{
    return (char *)&reader->line + field->offset;
}

static const char *keep(struct cs_line_reader *reader, const unsigned char *text, size_t length)
{
    char *kept = reader->text + reader->text_used;

    if (length >= reader->text_room - reader->text_used)
        return NULL;
    memcpy(kept, text, length);
    kept[length] = '\0';
    reader->text_used += length + 1;
    return kept;
}

static int on_null(void *context)
{
    struct cs_line_reader *reader = context;

    reader->loss = false;
    take_wanted(reader);
    return 1;
}

static int on_boolean(void *context, int value)
{
    struct cs_line_reader *reader = context;
    const struct cs_field *field = take_wanted(reader);

    reader->loss = false;
    if (field && field->type == CS_FIELD_FLAG)
        *(bool *)member(reader, field) = value;
    return 1;
}

static int on_number(void *context, const char *text, size_t length)
{
    struct cs_line_reader *reader = context;
    const struct cs_field *field = take_wanted(reader);

    if (reader->loss)
        reader->line.losses[reader->line.loss_count++].count = cs_decimal_number(text, length);
    else if (field && field->type == CS_FIELD_MS)
        *(uint64_t *)member(reader, field) = cs_decimal_ms(text, length);
    else if (field && field->type == CS_FIELD_NUMBER)
        *(uint64_t *)member(reader, field) = cs_decimal_number(text, length);
    reader->loss = false;
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    struct cs_line_reader *reader = context;
    const struct cs_field *field = take_wanted(reader);

    reader->loss = false;
    if (field && field->type == CS_FIELD_TEXT)
        *(const char **)member(reader, field) = keep(reader, text, length);
    return 1;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
    struct cs_line_reader *reader = context;
    enum cs_group group = reader->groups[reader->depth];
    struct cs_line *line = &reader->line;

    reader->loss = group == CS_GROUP_DROPPED && line->loss_count < CS_LINE_LOSSES;
    if (reader->loss) {
        const char *name = keep(reader, key, length);

        line->losses[line->loss_count].name = name;
        reader->loss = name;
        return 1;
    }
    reader->wanted = cs_field_find(&reader->index, group, (const char *)key, length);
    return 1;
}

static int enter(struct cs_line_reader *reader, enum cs_group group)
{
    reader->loss = false;
    if (reader->depth == DEPTH_MAX)
        return 0;
    reader->groups[++reader->depth] = group;
    return 1;
}

static int on_object(void *context)
{
    struct cs_line_reader *reader = context;
    const struct cs_field *field = take_wanted(reader);

    if (reader->depth == 0) {
        reader->object = true;
        return enter(reader, CS_GROUP_LINE);
    }
    return enter(reader, field && field->type == CS_FIELD_GROUP ? field->inner : CS_GROUP_NONE);
}

static int on_array(void *context)
{
    struct cs_line_reader *reader = context;

    take_wanted(reader);
    return enter(reader, CS_GROUP_NONE);
}

static int on_end(void *context)
{
    struct cs_line_reader *reader = context;

    reader->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* UTF-8 is not checked here: who writes text out replaces what is invalid (user/sink). */
static bool open_json(struct cs_line_reader *reader)
{
    reader->json = yajl_alloc(&callbacks, NULL, reader);
    return reader->json && yajl_config(reader->json, yajl_allow_multiple_values, 1) &&
           yajl_config(reader->json, yajl_dont_validate_strings, 1);
}

static void close_json(struct cs_line_reader *reader)
{
    if (reader->json)
        yajl_free(reader->json);
    reader->json = NULL;
}

struct cs_line_reader *cs_line_reader_new(void)
{
    struct cs_line_reader *reader = calloc(1, sizeof(*reader));

    if (reader)
        cs_field_index_build(&reader->index);
    return reader;
}

void cs_line_reader_free(struct cs_line_reader *reader)
{
    if (!reader)
        return;
    close_json(reader);
    free(reader->text);
    free(reader);
}

static bool prepare(struct cs_line_reader *reader, size_t length)
{
    static const struct cs_line nothing = {
        .start_time = CONNSPAN_UNKNOWN,
        .duration = CONNSPAN_UNKNOWN,
        .domain_lookup_start = CONNSPAN_UNKNOWN,
        .domain_lookup_end = CONNSPAN_UNKNOWN,
        .connect_end = CONNSPAN_UNKNOWN,
        .phases = {CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN,
                   CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN, CONNSPAN_UNKNOWN},
    };

    reader->line = nothing;
    reader->wanted = NULL;
    reader->loss = false;
    reader->depth = 0;
    reader->object = false;
    reader->text_used = 0;
    if (length + 1 > reader->text_room) {
        free(reader->text);
        reader->text_room = 0;
        reader->text = malloc(2 * (length + 1));
        if (!reader->text)
            return false;
        reader->text_room = 2 * (length + 1);
    }
    return reader->json || open_json(reader);
}

static enum cs_line_kind kind_of(const struct cs_line *line)
{
    if (!line->type)
        return CS_LINE_OTHER;
    if (!strcmp(line->type, "resource"))
        return CS_LINE_ENTRY;
    if (!strcmp(line->type, "connspan.header"))
        return CS_LINE_HEADER;
    return strcmp(line->type, "connspan.stats") ? CS_LINE_OTHER : CS_LINE_STATS;
}

/* Earlier versions had no such phases: there equal marks of the standard mean that no lookup is
 * known. */
static void find_lookup(struct cs_line *line)
{
    uint64_t start = line->domain_lookup_start, end = line->domain_lookup_end;

    if (line->phases.domain_lookup_start != CONNSPAN_UNKNOWN || !start || end <= start ||
        end == CONNSPAN_UNKNOWN)
        return;
    line->phases.domain_lookup_start = start;
    line->phases.domain_lookup_end = end;
}

const struct cs_line *cs_line_reader_next(struct cs_line_reader *reader, const char *text,
                                          size_t length)
{
    bool whole = prepare(reader, length) &&
                 yajl_parse(reader->json, (const unsigned char *)text, length) == yajl_status_ok &&
                 yajl_parse(reader->json, (const unsigned char *)"\n", 1) == yajl_status_ok &&
                 reader->object && reader->depth == 0;

    if (!whole) {
        close_json(reader);
        return &reader->line;
    }
    reader->line.kind = kind_of(&reader->line);
    find_lookup(&reader->line);
    return &reader->line;
}
