/* SPDX-License-Identifier: MIT */
/* The first byte says what is wanted; a target, a line feed, a host. What is written is printable,
 * and no "@" is left in the authority. */
#include "user/http/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cs_url *url)
{
    char *text = malloc(CS_URL_BYTES);

    cs_url_write(url, "https", "[2001:db8::1]:443", text);
    assert(strnlen(text, CS_URL_BYTES) < CS_URL_BYTES);
    for (const char *at = text; *at; at++)
        assert(*at > ' ' && *at <= '~');
    assert(!strchr(url->authority, '@') && !strchr(url->authority, '/'));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_url url;
    const char *target = (const char *)data + 1;
    const char *host;
    size_t length;

    if (size < 2)
        return 0;
    host = memchr(target, '\n', size - 1);
    length = host ? (size_t)(host - target) : size - 1;
    if (data[0] % 4 == 3)
        cs_url_read_authority(&url, target, length);
    else
        cs_url_read_target(&url, target, length, (enum cs_url_parts)(data[0] % 4));
    if (host)
        cs_url_add_host(&url, host + 1, size - 2 - length);
    check(&url);
    return 0;
}
