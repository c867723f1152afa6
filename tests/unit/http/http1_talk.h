/* SPDX-License-Identifier: MIT */
/* A dialogue of HTTP/1 and what comes of it, for http1.c and http1_lost.c. */
#pragma once

#include <criterion/criterion.h>

#include "tests/harness/http_talk.h"

static struct http_talk talk;
static struct cs_http_exchange exchange;

static void setup(void)
{
    http_talk_begin(&talk, CS_URL_PATH);
}

static void teardown(void)
{
    http_talk_end(&talk);
}

static const struct cs_http_facts *facts(void)
{
    return cs_http_facts(talk.http);
}

static bool next(void)
{
    return cs_http_next(talk.http, &exchange);
}

static void expect_next(const char *path, unsigned status, uint32_t flags)
{
    cr_assert(next(), "%s", path);
    cr_expect_str_eq(exchange.url.path, path);
    cr_expect_eq(exchange.status, status, "%s: %u", path, exchange.status);
    cr_expect_eq(exchange.flags, flags, "%s: flags %x", path, exchange.flags);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK5       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
