/* SPDX-License-Identifier: MIT */
/* Reading the files, cutting the packets, telling the facts. */
#include "tests/harness/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 8192, STEP_NS = 1000 };

static __u8 *unescape_one(char **text, __u8 *out)
{
    static const char names[] = "rnt\\";
    static const char values[] = "\r\n\t\\";
    char *at = *text;
    char hex[3] = {0};
    const char *name;

    if (*at != '\\') {
        *out++ = (__u8)*at++;
    } else if (at[1] == 'x') {
        memcpy(hex, at + 2, strnlen(at + 2, 2));
        *out++ = (__u8)strtoul(hex, NULL, 16);
        at += 2 + strlen(hex);
    } else {
        name = strchr(names, at[1]);
        *out++ = name ? (__u8)values[name - names] : '?';
        at += 2;
    }
    *text = at;
    return out;
}

static int add_message(struct exchange *exchange, char *line)
{
    __u8 direction = line[0] == '<' ? CS_FROM_SERVER : CS_FROM_CLIENT;
    __u32 offset = 0;
    __u8 *data = malloc(strlen(line));
    __u8 *end = data;
    char *at = line + 2;

    if (!data)
        return -ENOMEM;
    while (*at)
        end = unescape_one(&at, end);
    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->messages[i].direction == direction)
            offset += (__u32)exchange->messages[i].length;
    exchange->messages[exchange->count].data = data;
    exchange->messages[exchange->count].length = (size_t)(end - data);
    exchange->messages[exchange->count].offset = offset;
    exchange->messages[exchange->count].direction = direction;
    exchange->count++;
    return 0;
}

static int add_line(struct exchange *exchange, char *line)
{
    size_t used = strlen(exchange->expected);

    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '=')
        snprintf(exchange->expected + used, sizeof(exchange->expected) - used, "%s\n", line + 2);
    else if (line[0] == '>' || line[0] == '<')
        return exchange->count < EXCHANGE_MESSAGES ? add_message(exchange, line) : -E2BIG;
    return line[0] && strchr("=<>#", line[0]) ? 0 : -EINVAL;
}

int exchange_read(struct exchange *exchange, const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "re");
    int error = file ? 0 : -errno;

    *exchange = (struct exchange){0};
    while (!error && fgets(line, sizeof(line), file))
        error = add_line(exchange, line);
    if (file)
        fclose(file);
    return error;
}

void exchange_free(struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->count; i++)
        free(exchange->messages[i].data);
    *exchange = (struct exchange){0};
}

/* The bytes [from, to) of message i, in memory of their own so that ASan sees a step too far. */
static void deliver(const struct exchange *exchange, size_t i, size_t from, size_t to,
                    struct cs_preamble *preamble)
{
    struct cs_event_chunk *chunk = malloc(sizeof(*chunk) + to - from);

    *chunk = (struct cs_event_chunk){
        .event.ts_ns = (i + 1) * STEP_NS,
        .offset = exchange->messages[i].offset + (__u32)from,
        .data_bytes = (__u16)(to - from),
        .direction = exchange->messages[i].direction,
    };
    memcpy(chunk->data, exchange->messages[i].data + from, to - from);
    cs_preamble_add(preamble, chunk);
    free(chunk);
}

static void play_message(const struct exchange *exchange, const struct exchange_cut *cut, size_t i,
                         struct cs_preamble *preamble)
{
    size_t length = exchange->messages[i].length;
    size_t part = cut->split_bytes ? cut->split_bytes : length;
    size_t parts = (length + part - 1) / part;

    for (size_t j = 0; j < parts; j++) {
        size_t from = (cut->reversed ? parts - 1 - j : j) * part;
        size_t to = from + part < length ? from + part : length;

        deliver(exchange, i, from, to, preamble);
        if (cut->doubled)
            deliver(exchange, i, 0, to, preamble);
    }
}

void exchange_play(const struct exchange *exchange, const struct exchange_cut *cut,
                   struct cs_preamble *preamble)
{
    for (size_t i = 0; i < exchange->count; i++)
        play_message(exchange, cut, cut->reversed ? exchange->count - 1 - i : i, preamble);
}

void exchange_describe(const struct cs_preamble_facts *facts, char *out, size_t out_bytes)
{
    static const char *const states[] = {"open", "tunnel", "refused", "plain"};
    static const char *const kinds[] = {NULL, "socks4", "socks5", "connect"};
    FILE *text = fmemopen(out, out_bytes, "w");

    if (!text)
        abort();
    fprintf(text, "state %s\n", states[facts->state]);
    if (facts->kind)
        fprintf(text, "kind %s\n", kinds[facts->kind]);
    if (facts->target_host[0] || facts->target_port)
        fprintf(text, "target %s %u\n", facts->target_host, facts->target_port);
    if (facts->opened_ns)
        fprintf(text, "opened %g\n", (double)facts->opened_ns / STEP_NS);
    if (facts->refused_ns)
        fprintf(text, "refused %g\n", (double)facts->refused_ns / STEP_NS);
    if (facts->error_code)
        fprintf(text, "error %s %s\n", facts->error_code, facts->error_detail);
    if (facts->plain_ns)
        fprintf(text, "plain %g\n", (double)facts->plain_ns / STEP_NS);
    fclose(text);
}
