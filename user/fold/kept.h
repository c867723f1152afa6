/* SPDX-License-Identifier: MIT */
/* A record that outlives the callback it was made for: it owns what it points to. */
#pragma once

#include "user/fold/record.h"

enum { CS_KEPT_TEXTS = 4 };

struct cs_kept {
    struct cs_record record;
    struct cs_preamble_facts tunnel;
    struct cs_http_exchange *request;
    char *texts[CS_KEPT_TEXTS];
};

/* A text that finds no memory is unknown; without the request's nothing is kept: -ENOMEM. */
int cs_kept_copy(struct cs_kept *kept, const struct cs_record *record);
void cs_kept_free(struct cs_kept *kept); /* not the struct itself */
