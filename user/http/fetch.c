/* SPDX-License-Identifier: MIT */
/* Browsers serialize origins in lower case and without the scheme's own port; so do entries. */
#include "user/http/fetch.h"

#include <string.h>

#include "user/http/span.h"
#include "user/http/url.h"

/* "scheme://host:port" in front of a URL; 0: it has none. */
static size_t origin_bytes(const char *url, size_t length)
{
    size_t scheme = cs_url_scheme_bytes(url, length);

    return scheme ? scheme + cs_span_until(url + scheme, length - scheme, "/?#") : 0;
}

/* One that does not fit is nobody's whom a server may know. */
static void set_origin(struct cs_http_fetch *fetch, enum cs_fetch_mode mode, const char *value,
                       size_t length)
{
    if (length >= sizeof(fetch->origin))
        length = 0;
    memcpy(fetch->origin, value, length);
    fetch->origin[length] = '\0';
    fetch->mode = mode;
}

/* Of which a tape has a part, it is not known. */
void cs_fetch_read_origin(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    if (length)
        set_origin(fetch, CS_FETCH_CORS, value, memchr(value, CS_URL_HIDDEN, length) ? 0 : length);
}

void cs_fetch_read_referer(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    size_t origin = origin_bytes(value, length);

    if (length && memchr(value, CS_URL_HIDDEN, length))
        cs_fetch_read_cut(fetch);
    else if (fetch->mode == CS_FETCH_UNSAID && origin)
        set_origin(fetch, CS_FETCH_NO_CORS, value, origin);
}

void cs_fetch_read_cut(struct cs_http_fetch *fetch)
{
    if (fetch->mode != CS_FETCH_CORS)
        set_origin(fetch, CS_FETCH_NO_CORS, "", 0);
}

/* Several fields are one list (RFC 9110 section 5.3); of none may a NUL be a part (section 5.5). */
void cs_fetch_add_allow(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    size_t held = strlen(fetch->allow);

    if (length == 0 || memchr(value, '\0', length) || held + length + 2 > sizeof(fetch->allow))
        return;
    if (held)
        fetch->allow[held++] = ',';
    memcpy(fetch->allow + held, value, length);
    fetch->allow[held + length] = '\0';
}

static bool is_same(const char *text, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

static bool is_allowed(const struct cs_http_fetch *fetch)
{
    const char *item = fetch->allow;

    while (*item) {
        size_t length;

        item += strspn(item, ", \t");
        length = strcspn(item, ",");
        while (length && (item[length - 1] == ' ' || item[length - 1] == '\t'))
            length--;
        if (is_same(item, length, "*") || (length && is_same(item, length, fetch->origin)))
            return true;
        item += strcspn(item, ",");
    }
    return false;
}

bool cs_fetch_is_opaque(const struct cs_http_fetch *fetch, const char *url)
{
    size_t origin = origin_bytes(url, strlen(url));

    return fetch->mode != CS_FETCH_UNSAID && !is_same(url, origin, fetch->origin) &&
           !is_allowed(fetch);
}
