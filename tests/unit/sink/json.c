/* SPDX-License-Identifier: MIT */
/* Values as RFC 8259 wants them, against printf(3) and gmtime_r(3) where those can say it. */
#include "user/sink/json.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <connspan/entry.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void expect(struct cs_buf *buf, const char *text)
{
    cr_expect_not(buf->failed);
    cr_expect_eq(buf->length, strlen(text), "%.*s, not %s", (int)buf->length, buf->data, text);
    cr_expect(buf->length == strlen(text) && !memcmp(buf->data, text, buf->length), "%.*s, not %s",
              (int)buf->length, buf->data, text);
    cs_buf_free(buf);
}

static const struct {
    const char *text;
    const char *json;
} texts[] = {
    {NULL, "null"},
    {"", "\"\""},
    {"a", "\"a\""},
    {"seven b", "\"seven b\""},
    {"exactly8", "\"exactly8\""},
    {"more than eight bytes", "\"more than eight bytes\""},
    {"\"", "\"\\\"\""},
    {"C:\\dir", "\"C:\\\\dir\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1f\x1b[0m", "\"\\u0001\\u001f\\u001b[0m\""},
    {"\x7f", "\"\x7f\""},
    {"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8c\x8d",
     "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8c\x8d\""},
    {"\xff", "\"\xef\xbf\xbd\""},
    {"a\xe2\x82z", "\"a\xef\xbf\xbd\xef\xbf\xbdz\""},
    {"12345678\xc3", "\"12345678\xef\xbf\xbd\""},
};

Test(json, writes_text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct cs_buf buf = {0};

        cs_json_text(&buf, texts[i].text);
        expect(&buf, texts[i].json);
    }
}

/* Each byte alone and at each place in a word: escaped, replaced or itself. */
Test(json, writes_every_byte_at_every_place)
{
    for (int byte = 1; byte < 256; byte++) {
        for (size_t place = 0; place < 17; place++) {
            char text[18] = "ppppppppppppppppp";
            char json[64], one[8];
            struct cs_buf buf = {0};

            if (strchr("\"\\", byte))
                snprintf(one, sizeof(one), "\\%c", byte);
            else if (byte < 0x20)
                snprintf(one, sizeof(one), "\\u%04x", byte);
            else
                snprintf(one, sizeof(one), byte < 0x80 ? "%c" : "\xef\xbf\xbd", byte);
            if (strchr("\b\f\n\r\t", byte))
                continue;
            snprintf(json, sizeof(json), "\"%.*s%s%s\"", (int)place, text, one, text + place + 1);
            text[place] = (char)byte;
            cs_json_text(&buf, text);
            expect(&buf, json);
        }
    }
}

Test(json, writes_numbers)
{
    static const uint64_t numbers[] = {0,      9,          10,         99,        100,
                                       999,    1000,       9999,       10000,     99999,
                                       100000, UINT32_MAX, 1ull << 53, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct cs_buf buf = {0};
        char text[32];

        snprintf(text, sizeof(text), "%" PRIu64, numbers[i]);
        cs_json_number(&buf, numbers[i]);
        expect(&buf, text);
    }
}

Test(json, writes_null_for_what_is_unknown)
{
    struct cs_buf buf = {0};

    cs_json_known(&buf, 0);
    cs_json_known(&buf, 7);
    cs_json_bool(&buf, -1);
    cs_json_bool(&buf, 0);
    cs_json_bool(&buf, 1);
    cs_json_ms(&buf, CONNSPAN_UNKNOWN);
    expect(&buf, "null7nullfalsetruenull");
}

Test(json, writes_milliseconds_with_six_decimals)
{
    srandom(1);
    for (int turn = 0; turn < 100000; turn++) {
        uint64_t ns = ((uint64_t)random() << 31 ^ (uint64_t)random()) >> (turn % 62);
        struct cs_buf buf = {0};
        char text[64];

        snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, ns / 1000000, ns % 1000000);
        cs_json_ms(&buf, ns);
        expect(&buf, text);
    }
}

Test(json, writes_timestamps)
{
    srandom(1);
    for (int turn = 0; turn < 50000; turn++) {
        /* To the year 2554; the first turns walk through the days of four years. */
        uint64_t ns = turn < 1461 ? (uint64_t)turn * 86400000000000
                                  : (uint64_t)random() << 33 ^ (uint64_t)random();
        time_t seconds = (time_t)(ns / 1000000000);
        struct cs_buf buf = {0};
        char day[32], text[64];
        struct tm utc;

        strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
        snprintf(text, sizeof(text), "\"%s.%09uZ\"", day, (unsigned)(ns % 1000000000));
        cs_json_timestamp(&buf, ns);
        expect(&buf, text);
    }
}
