/* SPDX-License-Identifier: MIT */
/* Edit distance in which two swapped neighbours count as one mistake, the commonest of typists. */
#include "user/cli/nearest.h"

#include <string.h>

#define WORD_MAX 32

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment; row i holds the distances of the first i letters of `a`. */
static size_t distance(const char *a, const char *b)
{
    size_t cost[WORD_MAX + 1][WORD_MAX + 1];
    size_t a_length = strlen(a), b_length = strlen(b);

    for (size_t i = 0; i <= a_length; i++)
        cost[i][0] = i;
    for (size_t j = 0; j <= b_length; j++)
        cost[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

            cost[i][j] = min(replaced, 1 + min(cost[i - 1][j], cost[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a_length][b_length];
}

void cs_nearest_offer(struct cs_nearest *nearest, const char *typed, const char *candidate)
{
    size_t typed_length = strlen(typed), length = strlen(candidate);
    size_t found;

    if (typed_length > WORD_MAX || length > WORD_MAX)
        return;
    /* A beginning is meant as an abbreviation. Else one wrong letter in three is a slip, more is
     * another word. */
    if (typed_length >= 2 && !strncmp(typed, candidate, typed_length))
        found = 1;
    else
        found = distance(typed, candidate);
    if (found > (length < 6 ? 1 : length / 3) || (nearest->word && found >= nearest->distance))
        return;
    *nearest = (struct cs_nearest){.word = candidate, .distance = found};
}
