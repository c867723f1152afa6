/* SPDX-License-Identifier: MIT */
/* Lines of a socket that somebody else may listen at; an entry that is read can be copied and told.
 */
#include <assert.h>
#include <string.h>

#include "user/share/message.h"
#include "user/timeline/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct cs_message_reader *reader, const char *text, size_t length)
{
    const struct cs_message *message = cs_message_read(reader, text, length);
    struct cs_item *item;

    if (!message || message->kind != CS_MESSAGE_ENTRY)
        return;
    assert(message->entry.name && message->entry.process.comm);
    assert(message->entry.connection.flag_count <= CS_MESSAGE_LIST);
    item = cs_item_new(&message->entry);
    assert(item && !strcmp(item->entry.name, message->entry.name));
    assert(connspan_entry_json(&item->entry, NULL, 0) > 0);
    cs_item_drop(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_message_reader *reader = cs_message_reader_new();
    const char *text = (const char *)data, *end = text + size;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);

        take(reader, text, length);
        text += length + 1;
    }
    cs_message_reader_free(reader);
    return 0;
}
