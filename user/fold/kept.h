/* SPDX-License-Identifier: MIT */
/* A record that outlives the callback it was made for: it owns what it points to. */
#pragma once

#include "user/fold/record.h"

enum { CS_KEPT_TEXTS = 6 };

struct cs_kept {
    struct cs_record record;
    struct cs_preamble_facts tunnel;
    struct cs_http_exchange *request;
    char *texts[CS_KEPT_TEXTS];
};

/* All of it, or nothing: -ENOMEM. Phases and codes of errors are constants, and not copied. */
int cs_kept_copy(struct cs_kept *kept, const struct cs_record *record);
void cs_kept_free(struct cs_kept *kept); /* not the struct itself */
