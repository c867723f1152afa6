/* SPDX-License-Identifier: MIT */
/* The start of the turn that goes on is held, since only with it a later record of it can be read;
 * what is over goes to a reader of user/http of its own. */
#include "user/feed/spoken.h"

#include <stdlib.h>
#include <string.h>

#include "user/http/http.h"

enum { TALKERS_MAX = 65536 }; /* the end of one may be lost: the oldest goes first */

struct cs_talker {
    TAILQ_ENTRY(cs_talker) link;
    uint64_t id;
    struct cs_http *http;
    bool is_open; /* a turn goes on */
    enum cs_direction direction;
    uint64_t start;  /* of it, or of the part of it that was not read yet */
    uint64_t now_ns; /* the newest record */
    size_t length;
    uint8_t data[CS_TURN_BYTES];
};

void cs_spoken_init(struct cs_spoken *spoken)
{
    *spoken = (struct cs_spoken){0};
    TAILQ_INIT(&spoken->list);
}

static void drop(struct cs_talker *talker)
{
    if (!talker)
        return;
    cs_http_free(talker->http);
    explicit_bzero(talker, sizeof(*talker));
    free(talker);
}

void cs_spoken_forget(struct cs_spoken *spoken, uint64_t id)
{
    struct cs_talker *talker = cs_map_take(&spoken->map, id);

    if (talker)
        TAILQ_REMOVE(&spoken->list, talker, link);
    drop(talker);
}

void cs_spoken_free(struct cs_spoken *spoken)
{
    struct cs_talker *talker;

    while ((talker = TAILQ_FIRST(&spoken->list)))
        cs_spoken_forget(spoken, talker->id);
    cs_map_free(&spoken->map);
}

/* NULL: out of memory. */
static struct cs_talker *make(struct cs_spoken *spoken, uint64_t id)
{
    struct cs_talker *talker = calloc(1, sizeof(*talker));

    if (spoken->map.count >= TALKERS_MAX) {
        spoken->lost++;
        cs_spoken_forget(spoken, TAILQ_FIRST(&spoken->list)->id);
    }
    if (talker)
        talker->http = cs_http_new(CS_URL_ORIGIN);
    if (!talker || !talker->http || cs_map_put(&spoken->map, id, talker)) {
        spoken->lost++;
        drop(talker);
        return NULL;
    }
    talker->id = id;
    TAILQ_INSERT_TAIL(&spoken->list, talker, link);
    return talker;
}

/* A connection's first words are its client's; one of which others were seen is not begun anew. */
static struct cs_talker *find(struct cs_spoken *spoken, const struct cs_event_turn *turn)
{
    uint64_t id = turn->event.conn_id;
    struct cs_talker *talker = cs_map_get(&spoken->map, id);
    bool is_first = turn->news == CS_TURN_BEGIN && turn->direction == CS_FROM_CLIENT &&
                    !turn->end[CS_FROM_CLIENT] && !turn->end[CS_FROM_SERVER];

    return talker || !is_first ? talker : make(spoken, id);
}

static void forget_exchanges(struct cs_talker *talker)
{
    struct cs_http_exchange exchange;

    while (cs_http_next(talker->http, &exchange))
        ;
}

/* What the reader makes of it, the fold tells; here it counts where it has come to. */
static void read_turn(struct cs_talker *talker, const struct cs_event_turn *event)
{
    uint64_t end = event->end[talker->direction];
    struct cs_http_piece piece = {talker->now_ns, talker->data, talker->length};
    struct cs_http_turn turn = {
        .direction = talker->direction,
        .start = (uint32_t)talker->start,
        .length = end - talker->start,
        .first_ns = talker->now_ns,
        .last_ns = talker->now_ns,
        .pieces = &piece,
        .piece_count = 1,
    };

    if (!talker->is_open || end <= talker->start)
        return;
    cs_http_add(talker->http, &turn);
    forget_exchanges(talker);
    explicit_bzero(talker->data, talker->length);
    talker->start = end;
    talker->length = 0;
}

/* Of the server: what its client says then is read as of a new connection. */
static void end_speech(struct cs_talker *talker)
{
    cs_http_close(talker->http, CS_HTTP_ENDED_BY_SERVER, talker->now_ns);
    forget_exchanges(talker);
    talker->is_open = false;
}

static void add_bytes(struct cs_talker *talker, const struct cs_event_turn *turn)
{
    uint64_t end = talker->start + talker->length;
    size_t room = sizeof(talker->data) - talker->length;
    size_t known, fresh;

    if (!talker->is_open || turn->direction != talker->direction || turn->offset > end ||
        end - turn->offset >= turn->data_bytes)
        return;
    known = (size_t)(end - turn->offset);
    fresh = turn->data_bytes - known < room ? turn->data_bytes - known : room;
    memcpy(talker->data + talker->length, turn->data + known, fresh);
    talker->length += fresh;
}

/* `turn` gets what of the redacted start of its turn lies in it. */
static void show(const struct cs_talker *talker, struct cs_event_turn *turn)
{
    bool is_its = talker->is_open && turn->direction == talker->direction;
    uint8_t data[CS_TURN_BYTES];

    memcpy(data, talker->data, talker->length);
    cs_http_redact(talker->http, talker->direction, (uint32_t)talker->start, data, talker->length);
    for (size_t i = 0; i < turn->data_bytes; i++) {
        uint64_t at = turn->offset + i - talker->start; /* in front of it: more than any length */

        turn->data[i] = is_its && at < talker->length ? data[at] : 'x';
    }
    explicit_bzero(data, talker->length);
}

void cs_spoken_redact(struct cs_spoken *spoken, struct cs_event_turn *turn)
{
    struct cs_talker *talker = find(spoken, turn);

    if (!talker) {
        memset(turn->data, 'x', turn->data_bytes);
        return;
    }
    talker->now_ns = turn->event.ts_ns;
    if (turn->news != CS_TURN_MORE)
        read_turn(talker, turn);
    if (turn->news == CS_TURN_EOF)
        end_speech(talker);
    if (turn->news == CS_TURN_BEGIN) {
        talker->is_open = true;
        talker->direction = turn->direction;
        talker->start = turn->end[turn->direction];
        talker->length = 0;
    }
    if (turn->news == CS_TURN_BEGIN || turn->news == CS_TURN_MORE)
        add_bytes(talker, turn);
    show(talker, turn);
}
