/* SPDX-License-Identifier: MIT */
/* Writes values from the right, two digits at a time, and copies text eight bytes at a time. */
#include "user/sink/json.h"

#include <stdbool.h>
#include <string.h>

#include <connspan/entry.h>

#include "user/sink/utf8.h"

#define ONES 0x0101010101010101ull

enum { NUMBER_BYTES = 20, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

static const char hex[] = "0123456789abcdef";
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

/* The last `count` digits of `number`, with leading zeros, from `to` on. */
static void put_digits(char *to, unsigned count, uint64_t number)
{
    for (; count >= 2; count -= 2, number /= 100)
        memcpy(to + count - 2, pairs + 2 * (number % 100), 2);
    if (count)
        *to = (char)('0' + number % 10);
}

static unsigned count_digits(uint64_t number)
{
    unsigned count = 1;

    for (; number >= 10000; number /= 10000)
        count += 4;
    return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

/* Returns the length; `to` has NUMBER_BYTES. */
static size_t put_number(char *to, uint64_t number)
{
    unsigned count = count_digits(number);

    put_digits(to, count, number);
    return count;
}

void cs_json_number(struct cs_buf *buf, uint64_t number)
{
    char *at = cs_buf_reserve(buf, NUMBER_BYTES);

    if (at)
        buf->length += put_number(at, number);
}

void cs_json_known(struct cs_buf *buf, uint64_t number)
{
    if (number)
        cs_json_number(buf, number);
    else
        cs_buf_add(buf, "null", 4);
}

void cs_json_bool(struct cs_buf *buf, int value)
{
    cs_buf_text(buf, value < 0 ? "null" : value ? "true" : "false");
}

void cs_json_ms(struct cs_buf *buf, uint64_t ns)
{
    char *at = cs_buf_reserve(buf, NUMBER_BYTES + 1);
    size_t length;

    if (!at)
        return;
    if (ns == CONNSPAN_UNKNOWN) {
        memcpy(at, "null", 4);
        buf->length += 4;
        return;
    }
    if (ns == 0) { /* half of an entry's marks did not happen */
        memcpy(at, "0.000000", 8);
        buf->length += 8;
        return;
    }
    length = put_number(at, ns / NS_PER_MS);
    at[length] = '.';
    put_digits(at + length + 1, 6, ns % NS_PER_MS);
    buf->length += length + 7;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar; years start in March inside. */
static void put_date(char *to, uint32_t days)
{
    uint32_t shifted = days + 719468; /* since 0000-03-01 */
    uint32_t era = shifted / 146097;
    uint32_t day_of_era = shifted % 146097;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    uint32_t day = day_of_year - (153 * month + 2) / 5 + 1;

    put_digits(to, 4, era * 400 + year_of_era + (month >= 10));
    to[4] = '-';
    put_digits(to + 5, 2, month < 10 ? month + 3 : month - 9);
    to[7] = '-';
    put_digits(to + 8, 2, day);
}

void cs_json_timestamp(struct cs_buf *buf, uint64_t unix_ns)
{
    static const char form[] = "\"0000-00-00T00:00:00.000000000Z\"";
    char *at = cs_buf_reserve(buf, sizeof(form) - 1);
    uint64_t seconds = unix_ns / NS_PER_S;
    uint32_t second_of_day = (uint32_t)(seconds % 86400);

    if (!at)
        return;
    memcpy(at, form, sizeof(form) - 1);
    put_date(at + 1, (uint32_t)(seconds / 86400));
    put_digits(at + 12, 2, second_of_day / 3600);
    put_digits(at + 15, 2, second_of_day / 60 % 60);
    put_digits(at + 18, 2, second_of_day % 60);
    put_digits(at + 21, 9, unix_ns % NS_PER_S);
    buf->length += sizeof(form) - 1;
}

/* Whether all eight bytes stand for themselves in a JSON text: printable ASCII, no " and no \. */
static bool all_plain(uint64_t word)
{
    uint64_t quote = word ^ (ONES * '"');
    uint64_t slash = word ^ (ONES * '\\');
    uint64_t odd = (word - ONES * 0x20) | (quote - ONES) | (slash - ONES) | word;

    return (odd & (ONES * 0x80)) == 0;
}

/* Appends what the first character of `text` becomes. Returns the bytes it read. */
static size_t escape(const char *text, size_t room, char **at)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    unsigned char byte = (unsigned char)*text;
    const char *known = byte < 0x20 || byte == '"' || byte == '\\' ? shorts : "";
    uint32_t code;
    size_t length = cs_utf8_read(text, room, &code);

    while (*known && (unsigned char)known[0] != byte)
        known += 2;
    if (*known) {
        const char pair[] = {'\\', known[1]};

        memcpy(*at, pair, sizeof(pair));
        *at += sizeof(pair);
    } else if (byte < 0x20) {
        const char form[] = {'\\', 'u', '0', '0', (char)('0' + byte / 16), hex[byte % 16]};

        memcpy(*at, form, sizeof(form));
        *at += sizeof(form);
    } else {
        memcpy(*at, length ? text : "\xef\xbf\xbd", length ? length : 3);
        *at += length ? length : 3;
    }
    return length ? length : 1;
}

void cs_json_text(struct cs_buf *buf, const char *text)
{
    size_t room = text ? strlen(text) : 0;
    /* An escape takes at most 6 bytes; the last word is stored whole. */
    char *start = cs_buf_reserve(buf, 6 * room + 2 + sizeof(uint64_t));
    char *at = start;

    if (!at)
        return;
    if (!text) {
        memcpy(at, "null", 4);
        buf->length += 4;
        return;
    }
    *at++ = '"';
    while (room > 0) {
        size_t read = room < sizeof(uint64_t) ? room : sizeof(uint64_t);
        uint64_t word = ONES * ' ';

        memcpy(&word, text, read);
        if (all_plain(word)) {
            memcpy(at, &word, sizeof(word));
            at += read;
        } else {
            read = escape(text, room, &at);
        }
        text += read;
        room -= read;
    }
    *at++ = '"';
    buf->length += (size_t)(at - start);
}
