/* SPDX-License-Identifier: MIT */
/* The client's half of HTTP/1: requests, and how far their bodies go. */
#pragma once

#include "user/http/http1.h"

/* A turn of the client: 0 or -ENOMEM. */
int cs_http1_add_client(struct cs_http1 *http1, struct cs_http_context *context,
                        const struct cs_http_seen *seen);

/* What the client's next turn goes on with, which begins with `data`; ENDED: it begins with a
 * request. */
struct cs_http_body cs_http1_request_body(const struct cs_http1 *http1, const uint8_t *data,
                                          size_t length);

/* A body of the client goes on, and its response has not ended, or nobody knows where the body
 * does: behind a gap may be more of it. */
bool cs_http1_is_in_body(const struct cs_http1 *http1);
