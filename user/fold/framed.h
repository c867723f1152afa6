/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/2, told by FRAMES records: each is handed to user/http as it comes,
 * as a part of its direction that goes on where the last one ended.
 */
#pragma once

#include "include/wire/event.h"
#include "user/http/http.h"

struct cs_framed {
    bool is_open;
    uint64_t reach[CS_DIRECTION_COUNT]; /* how far it was told */
};

void cs_framed_add(struct cs_framed *framed, const struct cs_event_turn *event,
                   struct cs_http *http);
/* Nothing more comes; `last` says how far each direction came. */
void cs_framed_close(const struct cs_framed *framed, const struct cs_event_turn *last,
                     struct cs_http *http);
