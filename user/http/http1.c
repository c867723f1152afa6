/* SPDX-License-Identifier: MIT */
/* Turns in, exchanges out: responses here, requests in request.c, their ends in finish.c. What a
 * head says is head.c's, where a body ends body.c's. */
#include "user/http/http1.h"

#include <string.h>

#include "user/http/fill.h"
#include "user/http/finish.h"
#include "user/http/request.h"

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
    cs_http1_end_response(http1, context);
    if (context->slots.open)
        cs_http1_count_loss(http1, context);
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
    http1->awaits_continue &= head->status >= 200;
    if (!is_interim)
        cs_http1_fill_response(&slot->exchange, head);
    else if (!slot->exchange.interim_ns)
        slot->exchange.interim_ns = begin_ns;
    slot->exchange.headers_ns = begin_ns;
    http1->body[CS_FROM_SERVER].kind = CS_BODY_UNKNOWN;
    count_response(slot, seen, offset, seen->turn->length);
}

static void read_interim(struct cs_http1 *http1, struct cs_http_slot *slot,
                         const struct cs_http_seen *seen, const struct cs_http_head *head,
                         uint64_t offset)
{
    http1->awaits_continue &= slot != http1->sending || head->status != 100;
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
        cs_http1_end_response(http1, context);
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
        read_interim(http1, slot, seen, &head, offset);
        return offset + head.length;
    }
    if (line && (result == CS_HEAD_CUT || (result == CS_HEAD_SHORT && is_prefix)))
        read_cut_response(http1, slot, seen, &head, offset);
    else
        cs_http1_lose(http1, context, CS_FROM_SERVER);
    return seen->turn->length;
}

/* Comes unasked (a 408 before the server closes an idle connection), or answers what was untold. */
static void add_unasked(struct cs_http1 *http1, struct cs_http_context *context,
                        const struct cs_http_seen *seen)
{
    struct cs_http_head head;
    enum cs_head_result result = cs_http_head_read_response(&head, seen->data, seen->length);

    if (!http1->is_untold || (result != CS_HEAD_WHOLE && result != CS_HEAD_CUT) ||
        head.status < 200)
        return;
    cs_http1_count_loss(http1, context);
    http1->is_untold = false;
    http1->body[CS_FROM_CLIENT] = (struct cs_http_body){0};
}

static void add_server(struct cs_http1 *http1, struct cs_http_context *context,
                       const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    uint64_t offset = 0;

    if (!context->slots.open)
        add_unasked(http1, context, seen);
    if (cs_http1_has_response(context->slots.open)) {
        offset = cs_http_body_take(body, seen, 0);
        count_response(context->slots.open, seen, 0, offset);
        if (body->kind == CS_BODY_ENDED)
            cs_http1_end_response(http1, context);
    }
    while (!cs_http_seen_is_empty(seen, offset) && context->slots.open &&
           context->facts.state == CS_HTTP_SPEAKING)
        offset = read_response(http1, context, seen, offset);
    if (body->kind == CS_BODY_UNKNOWN && context->slots.open && context->slots.open->next) {
        cs_http1_end_response(http1, context); /* where the next one begins, nobody knows */
        cs_http1_lose(http1, context, CS_FROM_SERVER);
    }
}

int cs_http1_add(struct cs_http1 *http1, struct cs_http_context *context,
                 const struct cs_http_seen *seen)
{
    if (seen->turn->direction == CS_FROM_CLIENT)
        return cs_http1_add_client(http1, context, seen);
    if (context->facts.state == CS_HTTP_BEGINNING)
        context->facts.state = CS_HTTP_FOREIGN;
    else
        add_server(http1, context, seen);
    return 0;
}
