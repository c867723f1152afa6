/* SPDX-License-Identifier: MIT */
/* Plays a conversation: packets become pieces, pieces become chunks in the order asked for. */
#include "tests/harness/tls_talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cs_buf *tls_say(struct tls_talk *talk, enum cs_direction direction, __u64 ts_ns)
{
    struct tls_packet *packet = &talk->packets[talk->count++];

    if (talk->count > TLS_TALK_PACKETS)
        abort();
    *packet = (struct tls_packet){.ts_ns = ts_ns, .direction = direction};
    return &packet->bytes;
}

static void add_hex(struct cs_buf *bytes, const char *hex)
{
    unsigned byte;
    int used;

    while (sscanf(hex, "%2x%n", &byte, &used) == 1) {
        char value = (char)byte;

        cs_buf_add(bytes, &value, 1);
        hex += used;
    }
}

int tls_talk_read(struct tls_talk *talk, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;

    if (!file)
        return -errno;
    while (getline(&line, &room, file) > 0)
        if (line[0] == '>' || line[0] == '<')
            add_hex(tls_say(talk, line[0] == '<' ? CS_FROM_SERVER : CS_FROM_CLIENT,
                            1000 * (talk->count + 1)),
                    line + 1);
    free(line);
    fclose(file);
    return 0;
}

void tls_talk_free(struct tls_talk *talk)
{
    for (size_t i = 0; i < talk->count; i++)
        cs_buf_free(&talk->packets[i].bytes);
    *talk = (struct tls_talk){0};
}

void tls_feed(struct cs_handshake *handshake, const struct tls_piece *piece)
{
    struct cs_event_chunk *chunk = calloc(1, sizeof(*chunk) + piece->length);

    if (!chunk)
        abort();
    chunk->event = (struct cs_event){.ts_ns = piece->ts_ns, .kind = CS_EVENT_CHUNK};
    chunk->offset = piece->offset;
    chunk->data_bytes = (__u16)piece->length;
    chunk->direction = (__u8)piece->direction;
    chunk->flags = piece->flags;
    if (piece->length)
        memcpy(chunk->data, piece->data, piece->length);
    cs_handshake_chunk(handshake, chunk);
    free(chunk); /* so that a sanitizer sees what is read too late or too far */
}

struct pieces {
    struct tls_piece *pieces;
    size_t count;
};

static void cut_packet(struct pieces *out, const struct tls_packet *packet,
                       const struct tls_capture *capture, __u32 offset)
{
    size_t end = packet->bytes.length;
    size_t size = capture->split_bytes ? capture->split_bytes : end;

    if (capture->capture_bytes && end > capture->capture_bytes)
        end = capture->capture_bytes;
    for (size_t at = 0; at < end; at += size)
        out->pieces[out->count++] = (struct tls_piece){
            .ts_ns = packet->ts_ns,
            .data = packet->bytes.data + at,
            .length = end - at < size ? end - at : size,
            .offset = offset + (__u32)at,
            .direction = packet->direction,
        };
}

static struct pieces cut(const struct tls_talk *talk, const struct tls_capture *capture)
{
    __u32 offsets[] = {capture->client_base, capture->server_base};
    struct pieces out = {0};
    size_t bytes = 0;

    for (size_t i = 0; i < talk->count; i++)
        bytes += talk->packets[i].bytes.length;
    out.pieces = calloc(bytes + 1, sizeof(*out.pieces));
    if (!out.pieces)
        abort();
    for (size_t i = 0; i < talk->count; i++) {
        const struct tls_packet *packet = &talk->packets[i];

        cut_packet(&out, packet, capture, offsets[packet->direction]);
        offsets[packet->direction] += (__u32)packet->bytes.length;
    }
    return out;
}

struct cs_tls_facts tls_facts(const struct tls_talk *talk, const struct tls_capture *capture)
{
    struct cs_handshake *handshake = cs_handshake_new();
    struct pieces pieces = cut(talk, capture);
    struct cs_tls_facts facts;

    for (size_t i = 0; i < pieces.count; i++) {
        const struct tls_piece *piece =
            &pieces.pieces[capture->backwards ? pieces.count - 1 - i : i];

        tls_feed(handshake, piece);
        if (capture->doubled)
            tls_feed(handshake, piece);
    }
    facts = *cs_handshake_facts(handshake);
    cs_handshake_free(handshake);
    free(pieces.pieces);
    return facts;
}
