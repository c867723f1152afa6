/* SPDX-License-Identifier: MIT */
/* yajl calls back for every key and value; a stack says in which object we are. */
#include "user/share/message.h"

#include <connspan/report.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "user/report/decimal.h"
#include "user/share/fields.h"
#include "user/sink/entry_json.h"

enum { DEPTH_MAX = 16 }; /* today's lines have 3 */

struct cs_message_reader {
    struct cs_message message;
    const struct cs_member *wanted; /* of the key just read; NULL: its value is not wanted */
    size_t hint;
    size_t depth;
    enum cs_object objects[DEPTH_MAX + 1];
    char *text; /* strings of the line, each with a NUL */
    size_t text_used;
    size_t text_room; /* at least the length of the line: quotes make room for the NULs */
};

static void *at(struct cs_message_reader *reader, const struct cs_member *member)
{
    return (char *)&reader->message + member->offset;
}

/* The value has come: whatever it was, the next one needs a key of its own. */
static const struct cs_member *take_wanted(struct cs_message_reader *reader)
{
    const struct cs_member *member = reader->wanted;

    reader->wanted = NULL;
    return member;
}

static const char *keep(struct cs_message_reader *reader, const unsigned char *text, size_t length)
{
    char *kept = reader->text + reader->text_used;

    if (length >= reader->text_room - reader->text_used)
        return NULL;
    memcpy(kept, text, length);
    kept[length] = '\0';
    reader->text_used += length + 1;
    return kept;
}

/* Up to 2^64 - 1, of which ids and clocks make use; 0 for anything else. */
static uint64_t number_of(const char *text, size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
            return 0;
    }
    return number;
}

static int on_null(void *context)
{
    struct cs_message_reader *reader = context;
    const struct cs_member *member = take_wanted(reader);

    if (member && (member->value == CS_VALUE_MS || member->value == CS_VALUE_SIZE))
        *(uint64_t *)at(reader, member) = CONNSPAN_UNKNOWN;
    else if (member && member->value == CS_VALUE_TRISTATE)
        *(int *)at(reader, member) = -1;
    return 1;
}

static int on_boolean(void *context, int value)
{
    struct cs_message_reader *reader = context;
    const struct cs_member *member = take_wanted(reader);

    if (member && member->value == CS_VALUE_FLAG)
        *(bool *)at(reader, member) = value;
    else if (member && member->value == CS_VALUE_TRISTATE)
        *(int *)at(reader, member) = value;
    return 1;
}

static int on_number(void *context, const char *text, size_t length)
{
    struct cs_message_reader *reader = context;
    const struct cs_member *member = take_wanted(reader);
    uint64_t number = number_of(text, length);

    if (!member)
        return 1;
    if (member->value == CS_VALUE_MS)
        *(uint64_t *)at(reader, member) = cs_decimal_ms(text, length);
    else if (member->value == CS_VALUE_NUMBER || member->value == CS_VALUE_SIZE)
        *(uint64_t *)at(reader, member) = number;
    else if (member->value == CS_VALUE_COUNT)
        *(uint32_t *)at(reader, member) = (uint32_t)number;
    else if (member->value == CS_VALUE_PORT)
        *(uint16_t *)at(reader, member) = (uint16_t)number;
    return 1;
}

static enum connspan_outcome outcome_of(const char *name)
{
    for (int i = CONNSPAN_CONNECTED; i <= CONNSPAN_UNFINISHED; i++) {
        if (!strcmp(cs_outcome_name((enum connspan_outcome)i), name))
            return (enum connspan_outcome)i;
    }
    return CONNSPAN_UNFINISHED;
}

static void add_to_list(struct cs_message_reader *reader, const char *text)
{
    struct cs_message *message = &reader->message;
    struct connspan_connection *connection = &message->entry.connection;
    struct connspan_tls *tls = &message->entry.tls;
    enum cs_object list = reader->objects[reader->depth];

    if (list == CS_OBJECT_FLAGS && connection->flag_count < CS_MESSAGE_LIST)
        message->flags[connection->flag_count++] = text;
    else if (list == CS_OBJECT_ALPN_OFFERED && tls->alpn_offered_count < CS_MESSAGE_LIST)
        message->alpn_offered[tls->alpn_offered_count++] = text;
}

static int on_string(void *context, const unsigned char *bytes, size_t length)
{
    struct cs_message_reader *reader = context;
    const struct cs_member *member = take_wanted(reader);
    const char *text = keep(reader, bytes, length);

    if (!text)
        return 0;
    if (!member)
        add_to_list(reader, text);
    else if (member->value == CS_VALUE_TEXT)
        *(const char **)at(reader, member) = text;
    else if (member->value == CS_VALUE_NUMBER)
        *(uint64_t *)at(reader, member) = number_of(text, length);
    else if (member->value == CS_VALUE_OUTCOME)
        *(enum connspan_outcome *)at(reader, member) = outcome_of(text);
    else if (member->value == CS_VALUE_ROLE)
        *(enum connspan_role *)at(reader, member) =
            strcmp(text, "server") ? CONNSPAN_ROLE_CLIENT : CONNSPAN_ROLE_SERVER;
    return 1;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
    struct cs_message_reader *reader = context;

    reader->wanted =
        cs_member_find(reader->objects[reader->depth], (const char *)key, length, &reader->hint);
    return 1;
}

static int on_begin(void *context)
{
    struct cs_message_reader *reader = context;
    const struct cs_member *member = take_wanted(reader);
    bool inner = member && member->value == CS_VALUE_OBJECT;

    if (reader->depth == DEPTH_MAX)
        return 0;
    reader->objects[++reader->depth] = inner ? member->inner : CS_OBJECT_OTHER;
    if (reader->depth == 1)
        reader->objects[1] = CS_OBJECT_LINE;
    if (inner && member->inner == CS_OBJECT_TLS)
        reader->message.entry.tls.present = true;
    if (inner && member->inner == CS_OBJECT_REQUEST)
        reader->message.entry.request.present = true;
    return 1;
}

/* A line is an object, not a list. */
static int on_list(void *context)
{
    struct cs_message_reader *reader = context;

    return reader->depth ? on_begin(context) : 0;
}

static int on_end(void *context)
{
    struct cs_message_reader *reader = context;

    reader->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_begin,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_list,
    .yajl_end_array = on_end,
};

struct cs_message_reader *cs_message_reader_new(void)
{
    return calloc(1, sizeof(struct cs_message_reader));
}

void cs_message_reader_free(struct cs_message_reader *reader)
{
    if (!reader)
        return;
    free(reader->text);
    free(reader);
}

static bool begin(struct cs_message_reader *reader, size_t length)
{
    if (reader->text_room < length + 1) {
        char *more = realloc(reader->text, length + 1);

        if (!more)
            return false;
        reader->text = more;
        reader->text_room = length + 1;
    }
    reader->text_used = reader->depth = reader->hint = 0;
    reader->objects[0] = CS_OBJECT_OTHER;
    reader->wanted = NULL;
    memset(&reader->message, 0, sizeof(reader->message));
    return true;
}

static bool parse(struct cs_message_reader *reader, const char *line, size_t length)
{
    yajl_handle json = yajl_alloc(&callbacks, NULL, reader);
    bool read = json && yajl_config(json, yajl_dont_validate_strings, 1) &&
                yajl_parse(json, (const unsigned char *)line, length) == yajl_status_ok &&
                yajl_complete_parse(json) == yajl_status_ok;

    if (json)
        yajl_free(json);
    return read;
}

static enum cs_message_kind kind_of(const char *type)
{
    static const char *const names[] = {
        [CS_MESSAGE_OTHER] = "",
        [CS_MESSAGE_HEADER] = "connspan.header",
        [CS_MESSAGE_ENTRY] = "resource",
        [CS_MESSAGE_LIVE] = "connspan.live",
        [CS_MESSAGE_DROPPED] = "connspan.dropped",
        [CS_MESSAGE_END] = "connspan.end",
        [CS_MESSAGE_ERROR] = "connspan.error",
    };

    for (int i = CS_MESSAGE_HEADER; i <= CS_MESSAGE_ERROR; i++) {
        if (!strcmp(names[i], type))
            return (enum cs_message_kind)i;
    }
    return CS_MESSAGE_OTHER;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void complete_entry(struct cs_message *message)
{
    struct connspan_entry *entry = &message->entry;

    entry->size = sizeof(*entry);
    entry->unix_ns = message->timestamp ? connspan_timestamp_parse(message->timestamp) : 0;
    entry->next_hop_protocol = or_empty(entry->next_hop_protocol);
    entry->process.comm = or_empty(entry->process.comm);
    entry->process.thread = or_empty(entry->process.thread);
    entry->connection.flags = message->flags;
    entry->tls.alpn_offered = message->alpn_offered;
}

static void complete_run(struct connspan_run *run)
{
    const char **texts[] = {&run->version,   &run->host,         &run->boot_id,
                            &run->kernel,    &run->hook_connect, &run->hook_state,
                            &run->hook_wire, &run->hook_tls,     &run->hook_discovery};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = or_empty(*texts[i]);
}

const struct cs_message *cs_message_read(struct cs_message_reader *reader, const char *line,
                                         size_t length)
{
    struct cs_message *message = &reader->message;

    if (!begin(reader, length) || !parse(reader, line, length) || !message->type)
        return NULL;
    message->kind = kind_of(message->type);
    if (message->kind == CS_MESSAGE_ENTRY && !message->entry.name)
        return NULL;
    complete_entry(message);
    complete_run(&message->run);
    return message;
}
