/* SPDX-License-Identifier: MIT */
/* The diagnosis as one JSON object (RFC 8259), one line. */
#include <string.h>

#include "user/cli/doctor.h"

/* Bytes of the UTF-8 sequence (RFC 3629) at `text`; 0: it is none. Paths may hold any bytes. */
static size_t sequence_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last;           /* range of the leading byte */
        unsigned char next_first, next_last; /* of the one after it: no overlong, no surrogate */
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    if (*text < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (*text < forms[i].first || *text > forms[i].last)
            continue;
        if (text[1] < forms[i].next_first || text[1] > forms[i].next_last)
            return 0;
        for (size_t at = 2; at < forms[i].length; at++) {
            if ((text[at] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

static void put_string(FILE *to, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    putc('"', to);
    while (*at) {
        size_t length = sequence_length(at);

        if (!length)
            fputs("\\ufffd", to);
        else if (*at == '"' || *at == '\\')
            fprintf(to, "\\%c", *at);
        else if (*at < ' ')
            fprintf(to, "\\u%04x", *at);
        else
            fwrite(at, 1, length, to);
        at += length ? length : 1;
    }
    putc('"', to);
}

static void put_member(FILE *to, const char *name, const char *text)
{
    fprintf(to, "\"%s\":", name);
    put_string(to, text);
    putc(',', to);
}

static void put_finding(FILE *to, const struct connspan_finding *finding)
{
    putc('{', to);
    put_member(to, "name", finding->name);
    put_member(to, "rung", finding->rung);
    put_member(to, "reason", finding->reason);
    put_member(to, "lost", finding->lost);
    put_member(to, "cure", finding->cure);
    fprintf(to, "\"works\":%s,\"used\":%s}", finding->works ? "true" : "false",
            finding->used ? "true" : "false");
}

void cs_doctor_json(FILE *to, const struct connspan_diagnosis *diagnosis)
{
    fprintf(to, "{\"traceable\":%s,", diagnosis->traceable ? "true" : "false");
    put_member(to, "kernel", diagnosis->kernel);
    fprintf(to, "\"findings\":[");
    for (size_t i = 0; i < diagnosis->finding_count; i++) {
        if (i)
            putc(',', to);
        put_finding(to, &diagnosis->findings[i]);
    }
    fprintf(to, "],\"libraries\":[");
    for (size_t i = 0; i < diagnosis->library_count; i++) {
        if (i)
            putc(',', to);
        put_string(to, diagnosis->libraries[i]);
    }
    fprintf(to, "]}\n");
}
