/* SPDX-License-Identifier: MIT */
/* Time and sequence numbers of a made-up connection. */
#include "tests/harness/http_talk.h"

#include <stdlib.h>
#include <string.h>

enum { PACKETS = sizeof((struct http_said){0}.packets) / sizeof(struct http_bytes) };

void http_talk_begin(struct http_talk *talk, enum cs_url_parts parts)
{
    *talk = (struct http_talk){
        .http = cs_http_new(parts),
        .now_ns = HTTP_BEGIN,
        .next = {0xfffffff0, 7}, /* sequence numbers wrap */
    };
    if (!talk->http)
        abort();
}

void http_talk_end(struct http_talk *talk)
{
    cs_http_free(talk->http);
    talk->http = NULL;
}

void http_say(struct http_talk *talk, enum cs_direction direction, struct http_said said)
{
    struct cs_http_piece pieces[PACKETS];
    struct cs_http_turn turn = {
        .direction = direction,
        .start = talk->next[direction],
        .length = said.uncaptured,
        .first_ns = talk->now_ns + MS,
        .pieces = pieces,
    };

    for (int i = 0; i < PACKETS && said.packets[i].length; i++) {
        talk->now_ns += MS;
        pieces[turn.piece_count++] = (struct cs_http_piece){
            talk->now_ns, (const uint8_t *)said.packets[i].text, said.packets[i].length};
        turn.length += said.packets[i].length;
    }
    if (said.uncaptured)
        talk->now_ns += MS;
    turn.last_ns = talk->now_ns;
    talk->next[direction] += (uint32_t)turn.length;
    if (cs_http_add(talk->http, &turn))
        abort();
}

void http_client(struct http_talk *talk, const char *text)
{
    http_say(talk, CS_FROM_CLIENT, (struct http_said){.packets = {{text, strlen(text)}}});
}

void http_server(struct http_talk *talk, const char *text)
{
    http_say(talk, CS_FROM_SERVER, (struct http_said){.packets = {{text, strlen(text)}}});
}

unsigned http_ms(uint64_t ts_ns)
{
    return ts_ns ? (unsigned)((ts_ns - HTTP_BEGIN) / MS) : 0;
}
