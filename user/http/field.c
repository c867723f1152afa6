/* SPDX-License-Identifier: MIT */
/* What does not fit is left out rather than cut: half a type is another type. */
#include "user/http/field.h"

#include <ctype.h>
#include <string.h>

static bool is_token_byte(char byte)
{
    return isalnum((unsigned char)byte) || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

bool cs_http_is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_token_byte(text[i]))
            return false;
    }
    return length > 0;
}

static void lower(char *to, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    to[length] = '\0';
}

void cs_http_type_set(char type[CS_HTTP_TYPE_BYTES], const char *value, size_t length)
{
    const char *semicolon = memchr(value, ';', length);
    const char *slash;

    if (semicolon)
        length = (size_t)(semicolon - value);
    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    slash = memchr(value, '/', length);
    type[0] = '\0';
    if (slash && length < CS_HTTP_TYPE_BYTES && cs_http_is_token(value, (size_t)(slash - value)) &&
        cs_http_is_token(slash + 1, length - (size_t)(slash + 1 - value)))
        lower(type, value, length);
}

void cs_http_encoding_add(char encoding[CS_HTTP_ENCODING_BYTES], const char *value, size_t length)
{
    size_t held = strlen(encoding);

    for (size_t i = 0; i < length; i++) {
        if (!is_token_byte(value[i]) && !strchr(", ", value[i]))
            return;
    }
    if (length == 0 || held + length + sizeof(", ") > CS_HTTP_ENCODING_BYTES)
        return;
    if (held) {
        memcpy(encoding + held, ", ", 2);
        held += 2;
    }
    lower(encoding + held, value, length);
}

bool cs_http_method_set(char method[CS_HTTP_METHOD_BYTES], const char *value, size_t length)
{
    method[0] = '\0';
    if (length >= CS_HTTP_METHOD_BYTES || !cs_http_is_token(value, length))
        return false;
    memcpy(method, value, length);
    method[length] = '\0';
    return true;
}
