/* SPDX-License-Identifier: MIT */
/* A field that was not seen leaves what the exchange has. */
#include "user/http/fill.h"

#include <string.h>

#include "user/http/field.h"

/* A hidden host may be in the Host field as well: both say the same (RFC 9112 section 3.2.2). */
static void read_url(struct cs_http_exchange *exchange, const struct cs_http_head *head,
                     enum cs_url_parts parts)
{
    const char *target = head->target.data;
    size_t length = head->target.length;

    if (head->target_is_cut)
        length = cs_url_proven_bytes(target, length);
    if (!strcmp(exchange->method, "CONNECT"))
        cs_url_read_authority(&exchange->url, target, length);
    else
        cs_url_read_target(&exchange->url, target, length, parts);
    if (head->target_is_cut)
        exchange->url.is_cut = true;
    if (head->host.length)
        cs_url_add_host(&exchange->url, head->host.data, head->host.length);
    if (exchange->url.is_hidden && !(exchange->url.authority[0] && exchange->url.path[0]))
        exchange->flags |= CS_HTTP_REQUEST_CUT;
}

static enum cs_http_version version_of(const struct cs_http_head *head)
{
    if (head->minor < 0)
        return CS_HTTP_NONE;
    return head->minor == 0 ? CS_HTTP_1_0 : CS_HTTP_1_1;
}

void cs_http1_fill_request(struct cs_http_exchange *exchange, const struct cs_http_head *head,
                           enum cs_url_parts parts)
{
    exchange->version = version_of(head);
    exchange->body_bytes = CS_HTTP_UNKNOWN_BYTES;
    cs_http_method_set(exchange->method, head->method.data, head->method.length);
    read_url(exchange, head, parts);
    cs_fetch_read_origin(&exchange->fetch, head->origin.data, head->origin.length);
    cs_fetch_read_referer(&exchange->fetch, head->referer.data, head->referer.length);
}

void cs_http1_fill_response(struct cs_http_exchange *exchange, const struct cs_http_head *head)
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
