/* SPDX-License-Identifier: MIT */
/* Small numbers as text. An entry has a dozen, and sprintf() would be half of what it costs. */
#pragma once

/* Writes the digits, up to 5, without a NUL; returns the end. */
static inline char *cs_decimal_write(char *at, unsigned short number)
{
    char digits[5];
    int count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        *at++ = digits[--count];
    return at;
}
