/* SPDX-License-Identifier: MIT */
/* Where exchanges of HTTP/1 end: whole, with the connection, or because the thread is lost. */
#pragma once

#include "user/http/http1.h"

/* Once for all that is lost until the next request. */
void cs_http1_count_loss(struct cs_http1 *http1, struct cs_http_context *context);

/* Bytes of this direction are missing, or what came makes no sense. */
void cs_http1_lose(struct cs_http1 *http1, struct cs_http_context *context,
                   enum cs_direction direction);

/* Its response has begun. */
static inline bool cs_http1_has_response(const struct cs_http_slot *slot)
{
    return slot && slot->exchange.headers_ns;
}

/* The response in progress ends here. */
void cs_http1_end_response(struct cs_http1 *http1, struct cs_http_context *context);

/* The connection ended, at `ns`. */
void cs_http1_close(struct cs_http1 *http1, struct cs_http_context *context,
                    enum cs_http_ending how, uint64_t ns);
