/* SPDX-License-Identifier: MIT */
/* The time is UTC and of fixed width, the number too: strcmp(3) is the order of closing. */
#include "user/file/name.h"

#include <stdio.h>
#include <string.h>

static const char *find_extension(const char *base, const char *extension)
{
    size_t length = strlen(base);
    size_t tail = extension ? strlen(extension) : 0;
    const char *dot = strrchr(base, '.');

    if (tail > 0 && length > tail && strcmp(base + length - tail, extension) == 0)
        return base + length - tail;
    return dot && dot != base ? dot : base + length;
}

struct cs_file_name cs_file_name(const char *path, const char *extension)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *end = find_extension(base, extension);

    return (struct cs_file_name){path, (size_t)(base - path), (size_t)(end - base), end};
}

bool cs_file_closed_path(const struct cs_file_name *name, time_t now, unsigned number, char *path,
                         size_t room)
{
    struct tm utc = {0};
    char stamp[32];
    int length;

    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
    length = snprintf(path, room, "%.*s.%s.%04u%s", (int)(name->folder_bytes + name->stem_bytes),
                      name->path, stamp, number % 10000, name->extension);
    return length > 0 && (size_t)length < room;
}

/* Whether `text` begins as the form does; in the form, 0 stands for any digit. */
static bool has_form(const char *text, const char *form)
{
    for (; *form; form++, text++) {
        bool digit = *text >= '0' && *text <= '9';

        if (*form == '0' ? !digit : *text != *form)
            return false;
    }
    return true;
}

enum cs_closed cs_file_closed_kind(const struct cs_file_name *name, const char *found)
{
    static const char form[] = ".00000000T000000Z.0000";
    const char *stem = name->path + name->folder_bytes;
    size_t extension = strlen(name->extension);

    if (strncmp(found, stem, name->stem_bytes) != 0)
        return CS_CLOSED_NONE;
    found += name->stem_bytes;
    if (!has_form(found, form))
        return CS_CLOSED_NONE;
    found += sizeof(form) - 1;
    if (strncmp(found, name->extension, extension) != 0)
        return CS_CLOSED_NONE;
    found += extension;
    return strcmp(found, "") == 0           ? CS_CLOSED_PLAIN
           : strcmp(found, ".gz") == 0      ? CS_CLOSED_GZIP
           : strcmp(found, ".gz.part") == 0 ? CS_CLOSED_PART
                                            : CS_CLOSED_NONE;
}
