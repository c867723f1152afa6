/* SPDX-License-Identifier: MIT */
/* By hand and exact for what connspan writes; strtod, which is slow and rounds, for 1e3 and such.
 */
#include "user/report/decimal.h"

#include <connspan/entry.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS   1000000
#define INTEGER_MAX (UINT64_MAX / NS_PER_MS / 20)

/* The digits that `text` begins with. */
static size_t take_digits(const char *text, size_t length, uint64_t *value)
{
    size_t i = 0;

    for (*value = 0; i < length && text[i] >= '0' && text[i] <= '9' && *value < INTEGER_MAX; i++)
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    return i;
}

static uint64_t read_slowly(const char *text, size_t length)
{
    char copy[64];
    double value;

    if (length >= sizeof(copy))
        return CONNSPAN_UNKNOWN;
    memcpy(copy, text, length);
    copy[length] = '\0';
    value = strtod(copy, NULL) * NS_PER_MS;
    return value >= 0 && value < 1e19 ? (uint64_t)(value + 0.5) : CONNSPAN_UNKNOWN;
}

uint64_t cs_decimal_ms(const char *text, size_t length)
{
    uint64_t ms, ns = 0, unit = NS_PER_MS / 10;
    size_t i = take_digits(text, length, &ms);

    if (i < length && text[i] == '.') {
        for (i++; i < length && text[i] >= '0' && text[i] <= '9'; i++, unit /= 10)
            ns += (uint64_t)(text[i] - '0') * unit;
    }
    if (i < length)
        return read_slowly(text, length);
    return ms * NS_PER_MS + ns;
}

uint64_t cs_decimal_number(const char *text, size_t length)
{
    uint64_t value;

    return take_digits(text, length, &value) == length ? value : 0;
}
