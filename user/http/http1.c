/* SPDX-License-Identifier: MIT */
/* Turns in, exchanges out. What a head says is head.c's, where a body ends body.c's. */
#include "user/http/http1.h"

#include <errno.h>
#include <string.h>

#include "user/http/field.h"

enum { OPEN_MAX = 256 }; /* requests that nobody answers: a client waits long before */

/* ---- ends ----------------------------------------------------------------------------------- */

static void finish(struct cs_http1 *http1, struct cs_http_context *context,
                   struct cs_http_slot *slot)
{
    if (http1->sending == slot)
        http1->sending = NULL;
    cs_http_slot_done(&context->slots, slot);
}

void cs_http1_lose(struct cs_http1 *http1, struct cs_http_context *context)
{
    context->facts.losses += !http1->is_lost;
    *http1 = (struct cs_http1){.is_lost = true};
    cs_http_slots_done(&context->slots, CS_HTTP_LOST);
}

/* The response in progress, if there is one, ends here. */
static void end_response(struct cs_http1 *http1, struct cs_http_context *context)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    struct cs_http_slot *slot = context->slots.open;
    bool is_counted =
        body->kind == CS_BODY_ENDED || body->kind == CS_BODY_LENGTH || body->kind == CS_BODY_CLOSE;

    if (slot->exchange.status && is_counted)
        slot->exchange.body_bytes = body->content_bytes;
    if (body->kind == CS_BODY_LENGTH || body->kind == CS_BODY_CHUNKED)
        slot->exchange.flags |= CS_HTTP_INCOMPLETE;
    if (!slot->exchange.status) { /* the head was not seen far enough */
        slot->exchange.flags |= CS_HTTP_LOST;
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

/* ---- requests ------------------------------------------------------------------------------- */

static void read_url(struct cs_http_exchange *exchange, const struct cs_http_head *head,
                     enum cs_url_parts parts)
{
    if (!strcmp(exchange->method, "CONNECT"))
        cs_url_read_authority(&exchange->url, head->target.data, head->target.length);
    else
        cs_url_read_target(&exchange->url, head->target.data, head->target.length, parts);
    if (head->target_is_cut)
        exchange->url.is_cut = true;
    if (head->host.length)
        cs_url_add_host(&exchange->url, head->host.data, head->host.length);
}

static enum cs_http_version version_of(const struct cs_http_head *head)
{
    if (head->minor < 0)
        return CS_HTTP_NONE;
    return head->minor == 0 ? CS_HTTP_1_0 : CS_HTTP_1_1;
}

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

static void fill_request(struct cs_http_exchange *exchange, const struct cs_http_head *head,
                         enum cs_url_parts parts)
{
    exchange->version = version_of(head);
    exchange->body_bytes = CS_HTTP_UNKNOWN_BYTES;
    cs_http_method_set(exchange->method, head->method.data, head->method.length);
    read_url(exchange, head, parts);
    cs_fetch_read_origin(&exchange->fetch, head->origin.data, head->origin.length);
    cs_fetch_read_referer(&exchange->fetch, head->referer.data, head->referer.length);
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
    fill_request(&slot->exchange, head, context->parts);
    slot->exchange.request_start_ns = cs_http_seen_time(seen, begin + head->start);
    if (head->length) {
        cs_http_body_of_request(body, head);
        *offset = cs_http_body_take(body, seen, begin + head->length);
    } else {
        slot->exchange.flags |= CS_HTTP_REQUEST_CUT;
        body->kind = CS_BODY_UNKNOWN;
        *offset = seen->turn->length;
    }
    count_request(slot, seen, begin, *offset);
    http1->sending = slot;
    http1->is_lost = false;
    context->facts.version = slot->exchange.version;
    return 0;
}

/* The rest of a request's body. One whose end is not known has ended if it was answered. */
static uint64_t go_on_request(struct cs_http1 *http1, const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];
    uint64_t offset;

    if (body->kind == CS_BODY_UNKNOWN && (!http1->sending || has_response(http1->sending)))
        body->kind = CS_BODY_ENDED;
    offset = cs_http_body_take(body, seen, 0);
    count_request(http1->sending, seen, 0, offset);
    return offset;
}

static void refuse_client(struct cs_http1 *http1, struct cs_http_context *context)
{
    if (context->facts.state == CS_HTTP_BEGINNING)
        context->facts.state = CS_HTTP_FOREIGN;
    else
        cs_http1_lose(http1, context);
}

static int add_client(struct cs_http1 *http1, struct cs_http_context *context,
                      const struct cs_http_seen *seen)
{
    uint64_t offset = go_on_request(http1, seen);
    int err = 0;

    while (!err && offset < seen->turn->length) {
        size_t rest = offset < seen->length ? seen->length - (size_t)offset : 0;
        struct cs_http_head head;
        enum cs_head_result result =
            cs_http_head_read_request(&head, seen->data + seen->length - rest, rest);

        if ((result != CS_HEAD_WHOLE && result != CS_HEAD_CUT) ||
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
    cs_http_slots_done(&context->slots, CS_HTTP_LOST);
    context->facts.state = CS_HTTP_OVER;
}

static void fill_response(struct cs_http_exchange *exchange, const struct cs_http_head *head)
{
    exchange->status = head->status;
    if (exchange->version == CS_HTTP_NONE)
        exchange->version = version_of(head);
    if (head->content_type.length)
        cs_http_type_set(exchange->content_type, head->content_type.data,
                         head->content_type.length);
    if (head->content_encoding.length)
        cs_http_encoding_add(exchange->content_encoding, head->content_encoding.data,
                             head->content_encoding.length);
    for (size_t i = 0; i < head->timing_allow_count; i++)
        cs_fetch_add_allow(&exchange->fetch, head->timing_allow[i].data,
                           head->timing_allow[i].length);
}

/* What was seen of a head without its end. Whatever follows it cannot be told from it. */
static void read_cut_response(struct cs_http1 *http1, struct cs_http_slot *slot,
                              const struct cs_http_seen *seen, const struct cs_http_head *head,
                              uint64_t offset)
{
    uint64_t begin_ns = cs_http_seen_time(seen, offset);
    bool is_interim = head->status >= 100 && head->status < 200;

    slot->exchange.flags |= CS_HTTP_RESPONSE_CUT;
    if (!is_interim)
        fill_response(&slot->exchange, head);
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
        slot->exchange.interim_ns = cs_http_seen_time(seen, offset);
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

    fill_response(&slot->exchange, head);
    slot->exchange.headers_ns = cs_http_seen_time(seen, offset);
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
    bool is_prefix = memcmp(data, "HTTP/1.", rest < 7 ? rest : 7) == 0;

    if (result == CS_HEAD_WHOLE && (head.status >= 200 || head.status == 101))
        return read_final(http1, context, seen, &head, offset);
    if (result == CS_HEAD_WHOLE) {
        read_interim(slot, seen, &head, offset);
        return offset + head.length;
    }
    if (rest && (result == CS_HEAD_CUT || (result == CS_HEAD_SHORT && is_prefix)))
        read_cut_response(http1, slot, seen, &head, offset);
    else
        cs_http1_lose(http1, context);
    return seen->turn->length;
}

/* What comes unasked (a 408 before the server closes an idle connection) is nobody's. */
static void add_server(struct cs_http1 *http1, struct cs_http_context *context,
                       const struct cs_http_seen *seen)
{
    struct cs_http_body *body = &http1->body[CS_FROM_SERVER];
    uint64_t offset = 0;

    if (has_response(context->slots.open)) {
        offset = cs_http_body_take(body, seen, 0);
        count_response(context->slots.open, seen, 0, offset);
        if (body->kind == CS_BODY_ENDED)
            end_response(http1, context);
    }
    while (offset < seen->turn->length && context->slots.open &&
           context->facts.state == CS_HTTP_SPEAKING)
        offset = read_response(http1, context, seen, offset);
    if (body->kind == CS_BODY_UNKNOWN && context->slots.open && context->slots.open->next) {
        end_response(http1, context); /* where the next one begins, nobody knows */
        cs_http1_lose(http1, context);
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
