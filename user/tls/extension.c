/* SPDX-License-Identifier: MIT */
/* Extensions of a hello: unknown types, GREASE (RFC 8701) among them, are simply not asked for. */
#include "user/tls/extension.h"

#include <string.h>

enum { EXTENSION_HEADER_BYTES = 4 };

bool cs_extension_next(struct cs_cursor *list, struct cs_extension *extension)
{
    if (list->left < EXTENSION_HEADER_BYTES)
        return false;
    extension->type = cs_cursor_u16(list);
    extension->body = cs_cursor_list16(list);
    return true;
}

bool cs_extension_name(struct cs_cursor name, char *out, size_t out_bytes)
{
    if (name.short_of || name.left == 0 || name.left >= out_bytes)
        return false;
    for (size_t i = 0; i < name.left; i++)
        if (name.at[i] <= ' ' || name.at[i] > '~')
            return false;
    memcpy(out, name.at, name.left);
    out[name.left] = '\0';
    return true;
}
