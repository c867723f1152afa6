/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.0 and 1.1 on one connection: which response answers which request, and where each ends.
 * Requests and responses pair up in order; a turn of the client begins with a request unless a body
 * goes on. Where that cannot be told, what is open is given up (flag LOST) and the next turn that
 * begins with a request line begins anew.
 */
#pragma once

#include "user/http/body.h"
#include "user/http/context.h"

struct cs_http1 {
    struct cs_http_body body[CS_DIRECTION_COUNT]; /* of the message that goes on */
    struct cs_http_slot *sending; /* the request that body belongs to; NULL: answered already */
    bool is_lost;                 /* until the next request */
};

/* 0 or -ENOMEM. */
int cs_http1_add(struct cs_http1 *http1, struct cs_http_context *context,
                 const struct cs_http_seen *seen);

/* Bytes are missing, or what came makes no sense. */
void cs_http1_lose(struct cs_http1 *http1, struct cs_http_context *context);

void cs_http1_close(struct cs_http1 *http1, struct cs_http_context *context);
