/* SPDX-License-Identifier: MIT */
/* Turns in, exchanges out. What a head says is head.c's, where a body ends body.c's. */
#include "user/http/http1.h"

#include <errno.h>
#include <string.h>

#include "user/http/fill.h"

enum {
    OPEN_MAX = 256, /* requests that nobody answers: a client waits long before */
    EMPTY_LINE_BYTES = 2,
};

/* ---- ends ----------------------------------------------------------------------------------- */

static void finish(struct cs_http1 *http1, struct cs_http_context *context,
                   struct cs_http_slot *slot)
{
    if (http1->sending == slot)
        http1->sending = NULL;
    cs_http_slot_done(&context->slots, slot);
}

/* Once for all that is lost until the next request. */
static void count_loss(struct cs_http1 *http1, struct cs_http_context *context)
{
    context->facts.losses += !http1->is_lost;
    http1->is_lost = true;
}

/* How far the client's body goes is still known if the server's bytes are missing; where it was not
 * known it still is not. */
void cs_http1_lose(struct cs_http1 *http1, struct cs_http_context *context,
                   enum cs_direction direction)
{
    struct cs_http_body *body = http1->body;

    count_loss(http1, context);
    if (direction == CS_FROM_CLIENT && body[CS_FROM_CLIENT].kind != CS_BODY_UNKNOWN)
        body[CS_FROM_CLIENT] = (struct cs_http_body){0};
    body[CS_FROM_SERVER] = (struct cs_http_body){0};
    http1->sending = NULL;
    cs_http_slots_done(&context->slots, CS_HTTP_LOST);
}

/* Its whole response came. */
static void end_unknown_request(struct cs_http1 *http1, unsigned status)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];

    if (body->kind == CS_BODY_UNKNOWN && status >= 200 && status < 400)
        body->kind = CS_BODY_ENDED;
}

/* The response in progress, if there is one, ends here. */
static void end_response(struct cs_http1 *http1, struct cs_http_context *context)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    struct cs_http_slot *slot = context->slots.open;
    bool is_counted =
        body->kind == CS_BODY_ENDED || body->kind == CS_BODY_LENGTH || body->kind == CS_BODY_CLOSE;

    if (slot == http1->sending && body->kind == CS_BODY_ENDED)
        end_unknown_request(http1, slot->exchange.status);
    if (slot->exchange.status && is_counted)
        slot->exchange.body_bytes = body->content_bytes;
    if (body->kind == CS_BODY_LENGTH || body->kind == CS_BODY_CHUNKED)
        slot->exchange.flags |= CS_HTTP_INCOMPLETE;
    if (!slot->exchange.status) { /* the head was not seen far enough */
        slot->exchange.flags |= CS_HTTP_LOST;
        count_loss(http1, context);
        if (slot->exchange.headers_ns == slot->exchange.interim_ns) /* not of the final one */
            slot->exchange.headers_ns = 0;
    }
    *body = (struct cs_http_body){0};
    finish(http1, context, slot);
}

static bool has_response(const struct cs_http_slot *slot)
{
    return slot && slot->exchange.headers_ns;
}

void cs_http1_close(struct cs_http1 *http1, struct cs_http_context *context)
{
    if (has_response(context->slots.open))
        end_response(http1, context);
    cs_http_slots_done(&context->slots, CS_HTTP_NO_RESPONSE);
    *http1 = (struct cs_http1){0};
}

/* Nothing but empty lines, which some send behind a body (RFC 9112 section 2.2): no message is as
 * short as one that was not captured. */
static bool is_empty(const struct cs_http_seen *seen, uint64_t offset)
{
    if (seen->turn->length - offset > EMPTY_LINE_BYTES && seen->turn->length > seen->length)
        return false;
    for (; offset < seen->length; offset++) {
        if (seen->data[offset] != '\r' && seen->data[offset] != '\n')
            return false;
    }
    return true;
}

/* ---- requests ------------------------------------------------------------------------------- */

/* A response whose end was not known ended before this request. NULL: out of memory. */
static struct cs_http_slot *open_request(struct cs_http1 *http1, struct cs_http_context *context)
{
    enum cs_body_kind kind = http1->body[CS_FROM_SERVER].kind;
    struct cs_http_slot *slot;

    if (has_response(context->slots.open) && (kind == CS_BODY_UNKNOWN || kind == CS_BODY_CLOSE))
        end_response(http1, context);
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
    count_request(slot, seen, begin, *offset);
    http1->sending = slot;
    http1->is_lost = false;
    context->facts.version = slot->exchange.version;
    return 0;
}

static bool is_answered(const struct cs_http1 *http1)
{
    return !http1->sending || has_response(http1->sending);
}

struct cs_http_body cs_http1_request_body(const struct cs_http1 *http1)
{
    struct cs_http_body body = http1->body[CS_FROM_CLIENT];

    if (body.kind == CS_BODY_UNKNOWN && http1->ends_answered && is_answered(http1))
        body.kind = CS_BODY_ENDED;
    return body;
}

bool cs_http1_is_in_body(const struct cs_http1 *http1)
{
    enum cs_body_kind kind = cs_http1_request_body(http1).kind;

    return kind == CS_BODY_UNKNOWN || (http1->sending && kind != CS_BODY_ENDED);
}

/* More of a body, or requests. */
static void leave_untold(struct cs_http1 *http1, struct cs_http_context *context)
{
    http1->sending = NULL;
    http1->is_untold = true;
    if (http1->body[CS_FROM_SERVER].kind == CS_BODY_UNKNOWN && context->slots.open)
        end_response(http1, context);
    count_loss(http1, context);
}

/* The rest of a request's body, or what cannot be told from one. */
static uint64_t go_on_request(struct cs_http1 *http1, struct cs_http_context *context,
                              const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];
    uint64_t offset;

    *body = cs_http1_request_body(http1);
    if (body->kind == CS_BODY_UNKNOWN && is_answered(http1))
        leave_untold(http1, context);
    offset = cs_http_body_take(body, seen, 0);
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

static int add_client(struct cs_http1 *http1, struct cs_http_context *context,
                      const struct cs_http_seen *seen)
{
    uint64_t offset = go_on_request(http1, context, seen);
    int err = 0;

    while (!err && !is_empty(seen, offset)) {
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

/* ---- responses ------------------------------------------------------------------------------ */

static void count_response(struct cs_http_slot *slot, const struct cs_http_seen *seen,
                           uint64_t from, uint64_t to)
{
    if (from == to)
        return;
    slot->exchange.response_bytes += to - from;
    slot->exchange.response_end_ns = cs_http_seen_time(seen, to - 1);
}

/* No HTTP follows on this connection. */
static void leave(struct cs_http1 *http1, struct cs_http_context *context, uint32_t flag)
{
    context->slots.open->exchange.flags |= flag;
    end_response(http1, context);
    if (context->slots.open)
        count_loss(http1, context);
    cs_http_slots_done(&context->slots, CS_HTTP_LOST);
    context->facts.state = CS_HTTP_OVER;
}

/* What was seen of a head without its end. Whatever follows it cannot be told from it. */
static void read_cut_response(struct cs_http1 *http1, struct cs_http_slot *slot,
                              const struct cs_http_seen *seen, const struct cs_http_head *head,
                              uint64_t offset)
{
    uint64_t begin_ns = cs_http_seen_time(seen, offset + head->start);
    bool is_interim = head->status >= 100 && head->status < 200;

    slot->exchange.flags |= CS_HTTP_RESPONSE_CUT;
    if (!is_interim)
        cs_http1_fill_response(&slot->exchange, head);
    else if (!slot->exchange.interim_ns)
        slot->exchange.interim_ns = begin_ns;
    slot->exchange.headers_ns = begin_ns;
    http1->body[CS_FROM_SERVER].kind = CS_BODY_UNKNOWN;
    count_response(slot, seen, offset, seen->turn->length);
}

static void read_interim(struct cs_http_slot *slot, const struct cs_http_seen *seen,
                         const struct cs_http_head *head, uint64_t offset)
{
    if (!slot->exchange.interim_ns)
        slot->exchange.interim_ns = cs_http_seen_time(seen, offset + head->start);
    count_response(slot, seen, offset, offset + head->length);
}

/* Returns where it ends in this turn. */
static uint64_t read_final(struct cs_http1 *http1, struct cs_http_context *context,
                           const struct cs_http_seen *seen, const struct cs_http_head *head,
                           uint64_t offset)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    struct cs_http_slot *slot = context->slots.open;
    uint64_t end = offset + head->length;

    cs_http1_fill_response(&slot->exchange, head);
    slot->exchange.headers_ns = cs_http_seen_time(seen, offset + head->start);
    if (head->status == 101 && !slot->exchange.interim_ns) /* a 1xx, too */
        slot->exchange.interim_ns = slot->exchange.headers_ns;
    cs_http_body_of_response(body, head, slot->exchange.method);
    end = cs_http_body_take(body, seen, end);
    count_response(slot, seen, offset, end);
    if (head->status == 101)
        leave(http1, context, CS_HTTP_UPGRADED);
    else if (head->status < 300 && !strcmp(slot->exchange.method, "CONNECT"))
        leave(http1, context, CS_HTTP_TUNNEL);
    else if (body->kind == CS_BODY_ENDED)
        end_response(http1, context);
    return end;
}

/* Returns where the next response begins. */
static uint64_t read_response(struct cs_http1 *http1, struct cs_http_context *context,
                              const struct cs_http_seen *seen, uint64_t offset)
{
    size_t rest = offset < seen->length ? seen->length - (size_t)offset : 0;
    const uint8_t *data = seen->data + seen->length - rest;
    struct cs_http_slot *slot = context->slots.open;
    struct cs_http_head head;
    enum cs_head_result result = cs_http_head_read_response(&head, data, rest);
    size_t line = rest - head.start;
    bool is_prefix = memcmp(data + head.start, "HTTP/1.", line < 7 ? line : 7) == 0;

    if (result == CS_HEAD_WHOLE && (head.status >= 200 || head.status == 101))
        return read_final(http1, context, seen, &head, offset);
    if (result == CS_HEAD_WHOLE) {
        read_interim(slot, seen, &head, offset);
        return offset + head.length;
    }
    if (line && (result == CS_HEAD_CUT || (result == CS_HEAD_SHORT && is_prefix)))
        read_cut_response(http1, slot, seen, &head, offset);
    else
        cs_http1_lose(http1, context, CS_FROM_SERVER);
    return seen->turn->length;
}

/* Comes unasked (a 408 before the server closes an idle connection), or answers what was untold. */
static void add_unasked(struct cs_http1 *http1, const struct cs_http_seen *seen)
{
    struct cs_http_head head;
    enum cs_head_result result = cs_http_head_read_response(&head, seen->data, seen->length);

    if (!http1->is_untold || (result != CS_HEAD_WHOLE && result != CS_HEAD_CUT) ||
        head.status < 200)
        return;
    http1->is_untold = false;
    http1->body[CS_FROM_CLIENT] = (struct cs_http_body){0};
}

static void add_server(struct cs_http1 *http1, struct cs_http_context *context,
                       const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    uint64_t offset = 0;

    if (!context->slots.open)
        add_unasked(http1, seen);
    if (has_response(context->slots.open)) {
        offset = cs_http_body_take(body, seen, 0);
        count_response(context->slots.open, seen, 0, offset);
        if (body->kind == CS_BODY_ENDED)
            end_response(http1, context);
    }
    while (!is_empty(seen, offset) && context->slots.open &&
           context->facts.state == CS_HTTP_SPEAKING)
        offset = read_response(http1, context, seen, offset);
    if (body->kind == CS_BODY_UNKNOWN && context->slots.open && context->slots.open->next) {
        end_response(http1, context); /* where the next one begins, nobody knows */
        cs_http1_lose(http1, context, CS_FROM_SERVER);
    }
}

int cs_http1_add(struct cs_http1 *http1, struct cs_http_context *context,
                 const struct cs_http_seen *seen)
{
    if (seen->turn->direction == CS_FROM_CLIENT)
        return add_client(http1, context, seen);
    if (context->facts.state == CS_HTTP_BEGINNING)
        context->facts.state = CS_HTTP_FOREIGN;
    else
        add_server(http1, context, seen);
    return 0;
}
