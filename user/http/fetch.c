/* SPDX-License-Identifier: MIT */
/* Browsers serialize origins in lower case and without the scheme's own port; so do entries. */
#include "user/http/fetch.h"

#include <string.h>

/* "scheme://host:port" in front of a URL; 0: it has none. */
static size_t origin_bytes(const char *url, size_t length)
{
    const char *host = length ? memmem(url, length, "://", 3) : NULL;
    size_t end;

    if (!host)
        return 0;
    end = (size_t)(host - url) + 3;
    while (end < length && !memchr("/?#", url[end], 3))
        end++;
    return end;
}

static bool set_origin(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    if (length == 0 || length >= sizeof(fetch->origin))
        return false;
    memcpy(fetch->origin, value, length);
    fetch->origin[length] = '\0';
    return true;
}

void cs_fetch_read_origin(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    if (set_origin(fetch, value, length))
        fetch->mode = CS_FETCH_CORS;
}

void cs_fetch_read_referer(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    if (fetch->mode == CS_FETCH_UNSAID && set_origin(fetch, value, origin_bytes(value, length)))
        fetch->mode = CS_FETCH_NO_CORS;
}

/* Several fields are one list (RFC 9110 section 5.3). */
void cs_fetch_add_allow(struct cs_http_fetch *fetch, const char *value, size_t length)
{
    size_t held = strlen(fetch->allow);

    if (length == 0 || held + length + 2 > sizeof(fetch->allow))
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
