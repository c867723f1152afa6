/* SPDX-License-Identifier: MIT */
/* Lines of a file that somebody hands us: each a prefix of the input, then all of it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "user/report/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct cs_line_reader *reader, const char *text, size_t length)
{
    const struct cs_line *line = cs_line_reader_next(reader, text, length);
    struct cs_measure measure;
    struct cs_kept *kept;

    assert(line->loss_count <= CS_LINE_LOSSES);
    if (line->kind != CS_LINE_ENTRY || !cs_measure_take(&measure, line))
        return;
    for (size_t i = 0; i < CS_SPAN_COUNT; i++)
        assert(!measure.failed || i != CS_SPAN_TOTAL || measure.spans_ns[i] == CONNSPAN_UNKNOWN);
    kept = cs_kept_new(line, &measure, "remote");
    assert(kept);
    for (size_t i = 0; i < CS_KEPT_TEXTS; i++)
        assert(strlen(cs_kept_text(kept, i)) <= CS_KEPT_TEXT_BYTES);
    free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_line_reader *reader = cs_line_reader_new();
    const char *text = (const char *)data, *end = text + size;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);

        take(reader, text, length);
        text += length + 1;
    }
    take(reader, (const char *)data, size);
    cs_line_reader_free(reader);
    return 0;
}
