/* SPDX-License-Identifier: MIT */
/* What of the head of a message of HTTP/1 an exchange is made of. */
#pragma once

#include "user/http/exchange.h"
#include "user/http/head.h"

void cs_http1_fill_request(struct cs_http_exchange *exchange, const struct cs_http_head *head,
                           enum cs_url_parts parts);
void cs_http1_fill_response(struct cs_http_exchange *exchange, const struct cs_http_head *head);
