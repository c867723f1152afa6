/* SPDX-License-Identifier: MIT */
/*
 * From the text of a value to the field of struct cs_options, one function per option type. Pure.
 * Errors: 0, or -EINVAL with what is wrong and how to mend it in `error`.
 */
#pragma once

#include "user/cli/option_table.h"

/* Stores `text` for the option `row` into its field. */
int cs_value_store(const struct cs_option *row, const char *text, struct cs_options *options,
                   char error[CS_ERROR_ROOM]);

/* Writes the line into `error` and returns -EINVAL, so that it can stand in a return. */
__attribute__((format(printf, 2, 3), cold)) int cs_invalid(char error[CS_ERROR_ROOM],
                                                           const char *format, ...);
