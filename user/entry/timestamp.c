/* SPDX-License-Identifier: MIT */
/* RFC 3339 back into a number. By hand: strptime knows no fractions, and this is on a hot path. */
#include <connspan/report.h>

#define NS_PER_SEC 1000000000ull
#define YEAR_MAX   2500 /* nanoseconds fit into 64 bits until 2554 */

/* `count` digits, at most `max`; else -1. Steps over them. */
static int take(const char **at, int count, int max)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        char digit = (*at)[i];

        if (digit < '0' || digit > '9')
            return -1;
        value = value * 10 + (digit - '0');
    }
    *at += count;
    return value <= max ? value : -1;
}

static bool skip(const char **at, char a, char b)
{
    if (**at != a && **at != b)
        return false;
    ++*at;
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; a year begins in March, so that the leap day is
 * its last. */
static int64_t days_of(int year, int month, int day)
{
    int shifted = month > 2 ? month - 3 : month + 9;
    int64_t y = month > 2 ? year : year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **at, int64_t *seconds)
{
    int year = take(at, 4, YEAR_MAX);
    int month = year >= 0 && skip(at, '-', '-') ? take(at, 2, 12) : -1;
    int day = month >= 1 && skip(at, '-', '-') ? take(at, 2, days_in(year, month)) : -1;

    *seconds = day >= 1 ? days_of(year, month, day) * 86400 : 0;
    return day >= 1;
}

static bool take_time(const char **at, int64_t *seconds)
{
    int hour = take(at, 2, 23);
    int minute = hour >= 0 && skip(at, ':', ':') ? take(at, 2, 59) : -1;
    int second = minute >= 0 && skip(at, ':', ':') ? take(at, 2, 60) : -1; /* 60: a leap second */

    *seconds += hour * 3600 + minute * 60 + second;
    return second >= 0;
}

static bool take_fraction(const char **at, uint64_t *ns)
{
    uint64_t unit = NS_PER_SEC / 10;

    *ns = 0;
    if (!skip(at, '.', '.'))
        return true;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
        *ns += (uint64_t)(**at - '0') * unit;
    return true;
}

static bool take_zone(const char **at, int64_t *seconds)
{
    int sign = **at == '-' ? 1 : -1; /* +01:00 is ahead of UTC */
    int hour, minute;

    if (skip(at, 'Z', 'z'))
        return true;
    if (!skip(at, '+', '-'))
        return false;
    hour = take(at, 2, 23);
    minute = hour >= 0 && skip(at, ':', ':') ? take(at, 2, 59) : -1;
    *seconds += sign * (hour * 3600 + minute * 60);
    return minute >= 0;
}

uint64_t connspan_timestamp_parse(const char *text)
{
    const char *at = text;
    int64_t seconds;
    uint64_t ns;

    if (!take_date(&at, &seconds) || (!skip(&at, 'T', 't') && !skip(&at, ' ', ' ')) ||
        !take_time(&at, &seconds) || !take_fraction(&at, &ns) || !take_zone(&at, &seconds))
        return 0;
    return *at || seconds < 0 ? 0 : (uint64_t)seconds * NS_PER_SEC + ns;
}
