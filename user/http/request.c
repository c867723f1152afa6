/* SPDX-License-Identifier: MIT */
/* A turn is the rest of a body, and requests behind it. */
#include "user/http/request.h"

#include <errno.h>

#include "user/http/fill.h"
#include "user/http/finish.h"

enum { OPEN_MAX = 256 }; /* requests that nobody answers: a client waits long before */

/* A response whose end was not known ended before this request. NULL: out of memory. */
static struct cs_http_slot *open_request(struct cs_http1 *http1, struct cs_http_context *context)
{
    enum cs_body_kind kind = http1->body[CS_FROM_SERVER].kind;
    struct cs_http_slot *slot;

    if (cs_http1_has_response(context->slots.open) &&
        (kind == CS_BODY_UNKNOWN || kind == CS_BODY_CLOSE))
        cs_http1_end_response(http1, context);
    slot = cs_http_slot_open(&context->slots);
    if (slot && slot != context->slots.open)
        slot->exchange.flags |= CS_HTTP_PIPELINED;
    return slot;
}

static void count_request(struct cs_http_slot *slot, const struct cs_http_seen *seen, uint64_t from,
                          uint64_t to)
{
    if (!slot || from == to)
        return;
    slot->exchange.request_bytes += to - from;
    slot->exchange.request_end_ns = cs_http_seen_time(seen, to - 1);
}

/* Moves *offset to the end of the request; 0 or -ENOMEM. */
static int begin_request(struct cs_http1 *http1, struct cs_http_context *context,
                         const struct cs_http_seen *seen, const struct cs_http_head *head,
                         uint64_t *offset)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];
    struct cs_http_slot *slot = open_request(http1, context);
    uint64_t begin = *offset;

    if (!slot)
        return -ENOMEM;
    cs_http1_fill_request(&slot->exchange, head, context->parts);
    slot->exchange.request_start_ns = cs_http_seen_time(seen, begin + head->start);
    if (head->length) {
        cs_http_body_of_request(body, head);
        *offset = cs_http_body_take(body, seen, begin + head->length);
    } else {
        slot->exchange.flags |= CS_HTTP_REQUEST_CUT;
        cs_fetch_read_cut(&slot->exchange.fetch);
        body->kind = CS_BODY_UNKNOWN;
        *offset = seen->turn->length;
    }
    http1->ends_answered = !head->length && cs_http_body_is_unlikely(head);
    http1->awaits_continue = head->expects_continue && *offset == begin + head->length;
    http1->is_untold = false;
    count_request(slot, seen, begin, *offset);
    http1->sending = slot;
    http1->is_lost = false;
    context->facts.version = slot->exchange.version;
    return 0;
}

static bool is_answered(const struct cs_http1 *http1)
{
    return !http1->sending || cs_http1_has_response(http1->sending);
}

/* The client does not send the body that it announced, but another request. On a tape a body is a
 * row of "x", which with what follows it shall not pass for one. */
static bool is_withheld(const struct cs_http1 *http1, const uint8_t *data, size_t length)
{
    struct cs_http_head head;

    return length && http1->awaits_continue && is_answered(http1) &&
           cs_http_head_read_request(&head, data, length) == CS_HEAD_WHOLE &&
           head.method.data[0] != 'x';
}

struct cs_http_body cs_http1_request_body(const struct cs_http1 *http1, const uint8_t *data,
                                          size_t length)
{
    struct cs_http_body body = http1->body[CS_FROM_CLIENT];
    bool is_unlikely = body.kind == CS_BODY_UNKNOWN && http1->ends_answered && is_answered(http1);

    if (is_unlikely || is_withheld(http1, data, length))
        body.kind = CS_BODY_ENDED;
    return body;
}

bool cs_http1_is_in_body(const struct cs_http1 *http1)
{
    enum cs_body_kind kind = cs_http1_request_body(http1, NULL, 0).kind;

    return kind == CS_BODY_UNKNOWN || (http1->sending && kind != CS_BODY_ENDED);
}

/* More of a body, or requests. */
static void leave_untold(struct cs_http1 *http1, struct cs_http_context *context)
{
    http1->sending = NULL;
    http1->is_untold = true;
    if (http1->body[CS_FROM_SERVER].kind == CS_BODY_UNKNOWN && context->slots.open)
        cs_http1_end_response(http1, context);
    cs_http1_count_loss(http1, context);
}

/* The rest of a request's body, or what cannot be told from one. */
static uint64_t go_on_request(struct cs_http1 *http1, struct cs_http_context *context,
                              const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];
    uint64_t offset;

    *body = cs_http1_request_body(http1, seen->data, seen->length);
    if (body->kind == CS_BODY_UNKNOWN && is_answered(http1))
        leave_untold(http1, context);
    offset = cs_http_body_take(body, seen, 0);
    http1->awaits_continue &= !offset;
    if (offset && !http1->sending) /* of a body, unless the server answers once more */
        http1->is_untold = body->kind != CS_BODY_ENDED;
    count_request(http1->sending, seen, 0, offset);
    return offset;
}

static void refuse_client(struct cs_http1 *http1, struct cs_http_context *context)
{
    if (context->facts.state == CS_HTTP_BEGINNING)
        context->facts.state = CS_HTTP_FOREIGN;
    else
        cs_http1_lose(http1, context, CS_FROM_CLIENT);
}

int cs_http1_add_client(struct cs_http1 *http1, struct cs_http_context *context,
                        const struct cs_http_seen *seen)
{
    uint64_t offset = go_on_request(http1, context, seen);
    int err = 0;

    while (!err && !cs_http_seen_is_empty(seen, offset)) {
        size_t rest = offset < seen->length ? seen->length - (size_t)offset : 0;
        struct cs_http_head head;
        enum cs_head_result result =
            cs_http_head_read_request(&head, seen->data + seen->length - rest, rest);

        if ((result != CS_HEAD_WHOLE && result != CS_HEAD_CUT) ||
            (http1->is_lost && cs_http_head_is_torn(&head)) ||
            context->slots.open_count == OPEN_MAX) {
            refuse_client(http1, context);
            return 0;
        }
        context->facts.state = CS_HTTP_SPEAKING;
        err = begin_request(http1, context, seen, &head, &offset);
    }
    return err;
}
