/* SPDX-License-Identifier: MIT */
/*
 * What OpenSSL says about a handshake that failed, by the numbers of its reasons. That it failed is
 * never decided by them.
 */
#pragma once

#include <stdbool.h>

#include "user/fold/record.h"

/* It follows a failure and says nothing of its own. */
bool cs_reason_is_aftermath(__u32 reason);

/* Adds the library's words to a told failure; an alert becomes its code if that one `is_vague`. */
void cs_reason_tell(__u32 reason, bool is_vague, struct cs_record *record);
