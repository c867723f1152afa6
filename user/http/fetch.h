/* SPDX-License-Identifier: MIT */
/*
 * On whose behalf a browser fetched, and who may see how long it took: the fields Origin, Referer
 * and Timing-Allow-Origin, and Fetch's "TAO check" (https://fetch.spec.whatwg.org/#tao-check) on
 * them. Only --web-strict asks; none of it is written anywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    CS_FETCH_ORIGIN_BYTES = 8 + 256 + 8, /* "https://", a host, a port, NUL */
    CS_FETCH_ALLOW_BYTES = 512,          /* origins that do not fit are not allowed */
};

enum cs_fetch_mode {
    CS_FETCH_UNSAID,  /* no browser's fetch, or one that hides whose it is */
    CS_FETCH_NO_CORS, /* a Referer alone, or not all was seen */
    CS_FETCH_CORS,    /* Origin: a fetch that may read the response if the server agrees */
};

struct cs_http_fetch {
    enum cs_fetch_mode mode;
    char
        origin[CS_FETCH_ORIGIN_BYTES]; /* serialized: scheme://host[:port], or "null"; "": not
                                          known, and so nobody's but those to whom all is allowed */
    char allow[CS_FETCH_ALLOW_BYTES];  /* the values of Timing-Allow-Origin, as one list */
};

void cs_fetch_read_origin(struct cs_http_fetch *fetch, const char *value, size_t length);
/* Its origin; an Origin field is believed before it. */
void cs_fetch_read_referer(struct cs_http_fetch *fetch, const char *value, size_t length);
/* The fields were not all seen: an Origin that was not may be any. */
void cs_fetch_read_cut(struct cs_http_fetch *fetch);
void cs_fetch_add_allow(struct cs_http_fetch *fetch, const char *value, size_t length);

/* Whether the fetch of `url` came from another origin, and that one may not see its times. */
bool cs_fetch_is_opaque(const struct cs_http_fetch *fetch, const char *url);
