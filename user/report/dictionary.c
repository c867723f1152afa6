/* SPDX-License-Identifier: MIT */
/* Equal hashes of different texts take the next number, as in user/report/groups.c. */
#include "user/report/dictionary.h"

#include <stdlib.h>
#include <string.h>

uint64_t cs_text_hash(const char *text)
{
    uint64_t sum = 0xcbf29ce484222325ull;

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 0x100000001b3ull;
    return sum;
}

static struct cs_word *add(struct cs_dictionary *dictionary, const char *text, uint64_t hash)
{
    struct cs_word *word;

    if (dictionary->count == dictionary->room) {
        size_t room = dictionary->room ? 2 * dictionary->room : 64;
        struct cs_word **words = realloc(dictionary->words, room * sizeof(struct cs_word *));

        if (!words)
            return NULL;
        dictionary->words = words;
        dictionary->room = room;
    }
    word = malloc(sizeof(*word));
    if (!word)
        return NULL;
    *word = (struct cs_word){text, (uint32_t)dictionary->count};
    if (cs_map_put(&dictionary->numbers, hash, word)) {
        free(word);
        return NULL;
    }
    dictionary->words[dictionary->count++] = word;
    return word;
}

int64_t cs_dictionary_number(struct cs_dictionary *dictionary, const char *text)
{
    uint64_t hash = cs_text_hash(text);
    struct cs_word *word;

    while ((word = cs_map_get(&dictionary->numbers, hash)) && strcmp(word->text, text) != 0)
        hash++;
    if (!word)
        word = add(dictionary, text, hash);
    return word ? (int64_t)word->number : -1;
}

void cs_dictionary_free(struct cs_dictionary *dictionary)
{
    for (size_t i = 0; i < dictionary->count; i++)
        free(dictionary->words[i]);
    free(dictionary->words);
    cs_map_free(&dictionary->numbers);
}
