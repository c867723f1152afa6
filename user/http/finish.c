/* SPDX-License-Identifier: MIT */
/* A body that nobody saw the end of ends with what comes next, or with the connection. */
#include "user/http/finish.h"

#include "include/wire/limits.h"

static void finish(struct cs_http1 *http1, struct cs_http_context *context,
                   struct cs_http_slot *slot)
{
    if (http1->sending == slot)
        http1->sending = NULL;
    cs_http_slot_done(&context->slots, slot);
}

void cs_http1_count_loss(struct cs_http1 *http1, struct cs_http_context *context)
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

    cs_http1_count_loss(http1, context);
    if (direction == CS_FROM_CLIENT && body[CS_FROM_CLIENT].kind != CS_BODY_UNKNOWN)
        body[CS_FROM_CLIENT] = (struct cs_http_body){0};
    body[CS_FROM_SERVER] = (struct cs_http_body){0};
    http1->sending = NULL;
    http1->awaits_continue = false;
    cs_http_slots_done(&context->slots, CS_HTTP_LOST);
}

/* Its whole response came. */
static void end_unknown_request(struct cs_http1 *http1, unsigned status)
{
    struct cs_http_body *body = &http1->body[CS_FROM_CLIENT];

    if (body->kind == CS_BODY_UNKNOWN && status >= 200 && status < 400)
        body->kind = CS_BODY_ENDED;
}

void cs_http1_end_response(struct cs_http1 *http1, struct cs_http_context *context)
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
        cs_http1_count_loss(http1, context);
        if (slot->exchange.headers_ns == slot->exchange.interim_ns) /* not of the final one */
            slot->exchange.headers_ns = 0;
    }
    *body = (struct cs_http_body){0};
    finish(http1, context, slot);
}

/*
 * Did more have to come? Where a body's end cannot be read it may have ended long before: a client
 * that has it all closes, and so do servers with a reset, but hardly while it is still coming.
 */
static bool is_broken_off(const struct cs_http1 *http1, const struct cs_http_slot *slot,
                          enum cs_http_ending how, uint64_t ns)
{
    switch (http1->body[CS_FROM_SERVER].kind) {
    case CS_BODY_CLOSE:
        return how != CS_HTTP_ENDED_BY_SERVER && how != CS_HTTP_ENDED_UNSEEN;
    case CS_BODY_UNKNOWN:
        return how == CS_HTTP_ENDED_BROKEN && ns - slot->exchange.response_end_ns < CS_SILENT_NS;
    default:
        return false; /* of the others the length tells */
    }
}

void cs_http1_close(struct cs_http1 *http1, struct cs_http_context *context,
                    enum cs_http_ending how, uint64_t ns)
{
    struct cs_http_slot *slot = context->slots.open;

    if (cs_http1_has_response(slot)) {
        if (is_broken_off(http1, slot, how, ns))
            slot->exchange.flags |= CS_HTTP_INCOMPLETE;
        cs_http1_end_response(http1, context);
    }
    cs_http_slots_done(&context->slots, CS_HTTP_NO_RESPONSE);
    *http1 = (struct cs_http1){0};
}
