/* SPDX-License-Identifier: MIT */
/* What the readers of HTTP/1 and HTTP/2 share of a connection. */
#pragma once

#include "user/http/http.h"
#include "user/http/slot.h"

struct cs_http_context {
    enum cs_url_parts parts;
    struct cs_http_facts facts;
    struct cs_http_slots slots;
};
