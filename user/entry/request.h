/* SPDX-License-Identifier: MIT */
/* The entry of a request: its URL, what it was and what came of it, and what is odd about it. */
#pragma once

#include "user/entry/name.h"

enum { CS_REQUEST_FLAGS = 8 };

/* Fills `request` of an entry, its protocol, and its name, which lies in `url` or stays. */
void cs_request_fill(const struct cs_record *record, struct connspan_entry *entry,
                     char url[CS_URL_BYTES]);

/* Adds to `flags`, which have room for CS_REQUEST_FLAGS more; returns how many there are then. */
size_t cs_request_flags(const struct cs_http_exchange *request, const char **flags, size_t count);
