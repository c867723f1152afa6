/* SPDX-License-Identifier: MIT */
/*
 * Sizes by Resource Timing: encodedBodySize is the body as it came, transferSize 300 more, whatever
 * the head took
 * (https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-transfersize).
 */
#include "user/entry/request.h"

#include <string.h>

#include "user/entry/timing.h"

enum { HEAD_BY_STANDARD_BYTES = 300 };

static const char *const protocols[] = {
    [CS_HTTP_NONE] = "",
    [CS_HTTP_1_0] = "http/1.0",
    [CS_HTTP_1_1] = "http/1.1",
    [CS_HTTP_2] = "h2",
};

static const struct {
    uint32_t mask; /* enum cs_http_flag */
    const char *name;
} oddities[CS_REQUEST_FLAGS] = {
    {CS_HTTP_PIPELINED, "pipelined"},   {CS_HTTP_TUNNEL, "tunnel"},
    {CS_HTTP_UPGRADED, "upgrade"},      {CS_HTTP_REQUEST_CUT | CS_HTTP_RESPONSE_CUT, "cut"},
    {CS_HTTP_INCOMPLETE, "incomplete"}, {CS_HTTP_LOST, "lost"},
    {CS_HTTP_PUSHED, "pushed"},         {CS_HTTP_TICKET, "ticket"},
};

size_t cs_request_flags(const struct cs_http_exchange *request, const char **flags, size_t count)
{
    for (size_t i = 0; i < CS_REQUEST_FLAGS; i++) {
        if (request->flags & oddities[i].mask)
            flags[count++] = oddities[i].name;
    }
    return count;
}

static uint64_t transfer_size(uint64_t body_bytes)
{
    return body_bytes == CS_HTTP_UNKNOWN_BYTES ? CONNSPAN_UNKNOWN
                                               : body_bytes + HEAD_BY_STANDARD_BYTES;
}

void cs_request_fill(const struct cs_record *record, struct connspan_entry *entry,
                     char url[CS_URL_BYTES])
{
    const struct cs_http_exchange *request = record->request;

    entry->request = (struct connspan_request){
        .present = true,
        .method = request->method[0] ? request->method : NULL,
        .status = request->status,
        .content_type = request->content_type,
        .content_encoding = request->content_encoding,
        .encoded_body_size = request->body_bytes,
        .transfer_size = transfer_size(request->body_bytes),
        .sent_bytes = request->request_bytes,
        .received_bytes = request->response_bytes,
    };
    if (cs_timing_has_marks(record))
        entry->next_hop_protocol = protocols[request->version];
    if (record->tls.present && !request->url.path[0])
        return; /* the connection's: an origin */
    cs_url_write(&request->url, record->tls.present ? "https" : "http",
                 strstr(entry->name, "://") + 3, url);
    entry->name = url;
}
