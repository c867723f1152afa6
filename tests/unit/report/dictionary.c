/* SPDX-License-Identifier: MIT */
/* One number per text, whatever the hash. */
#include "user/report/dictionary.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(dictionary, equal_texts_have_one_number)
{
    struct cs_dictionary dictionary = {0};
    static char texts[300][8];

    for (int i = 0; i < 300; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%d", i % 150);
        cr_assert_eq(cs_dictionary_number(&dictionary, texts[i]), i % 150);
    }
    cr_assert_eq(dictionary.count, 150);
    cr_assert_str_eq(dictionary.words[149]->text, "149");
    cs_dictionary_free(&dictionary);
}

Test(dictionary, equal_hashes_do_not_make_equal_texts)
{
    struct cs_dictionary dictionary = {0};
    struct cs_word other = {"other", 9};

    /* as if "a" had the hash of "other" */
    cs_map_put(&dictionary.numbers, cs_text_hash("a"), &other);
    cr_assert_eq(cs_dictionary_number(&dictionary, "a"), 0);
    cr_assert_eq(cs_dictionary_number(&dictionary, "a"), 0);
    cs_dictionary_free(&dictionary);
}
