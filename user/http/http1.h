/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.0 and 1.1 on one connection: which response answers which request, and where each ends.
 * Requests and responses pair up in order; a turn of the client begins with a request unless a body
 * goes on. Where that cannot be told, what is open is given up (flag LOST) and the next turn that
 * begins with a request line begins anew.
 *
 * Where a request's end is not known (its head, a chunk's size or what frames it was not seen),
 * what the client says behind the answer may be the next request, or more of the body, which may
 * look like one. It is a request where the whole response is no error (a server that does not wait
 * for the body says one: RFC 9112 section 9.3), or where there is hardly a body (body.h).
 * Else it goes untold, and is a loss, until the server has answered again: then what had begun is
 * over. So is a body that was going on behind the whole answer: there were requests in it.
 *
 * A client that waits for a 100 need not send the body if a final response comes (RFC 9110 section
 * 10.1.1): then what begins with the whole head of a request is one.
 */
#pragma once

#include "user/http/body.h"
#include "user/http/context.h"

struct cs_http1 {
    struct cs_http_body body[CS_DIRECTION_COUNT]; /* of the message that goes on */
    struct cs_http_slot *sending; /* the request that body belongs to; NULL: answered already */
    bool ends_answered;           /* a body whose end is not known: there is hardly one */
    bool awaits_continue;         /* no byte came of a body that waits for a 100 */
    bool is_untold;               /* the client spoke where nobody knows of what */
    bool is_lost;                 /* until the next request */
};

/* 0 or -ENOMEM. */
int cs_http1_add(struct cs_http1 *http1, struct cs_http_context *context,
                 const struct cs_http_seen *seen);
