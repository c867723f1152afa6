/* SPDX-License-Identifier: MIT */
/* One observer on a socket pair: requests, rights, and what it is told when it is too slow. */
#include "user/share/peer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct cs_backlog backlog;
static struct cs_buf header;
static struct cs_peer *peer;
static int ours; /* the observer's end */

static void open_world(void)
{
    int fds[2];

    cs_backlog_open(&backlog);
    cs_buf_text(&header, "header\n");
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    ours = fds[0];
    peer = cs_peer_new(fds[1], false, 0);
    peer->reader = (struct cs_reader){.uid = 1000};
}

static void close_world(void)
{
    cs_peer_free(peer);
    cs_backlog_close(&backlog);
    cs_buf_free(&header);
    close(ours);
}

TestSuite(peer, .init = open_world, .fini = close_world);

static void say(const char *text)
{
    if (send(ours, text, strlen(text), 0) < 0)
        cr_assert_fail("cannot send");
    cs_peer_read(peer, &backlog, &header);
}

static void add(uint32_t uid, const char *text)
{
    struct cs_entry_line *line = calloc(1, sizeof(*line) + strlen(text));

    line->uid = uid;
    line->has_uid = true;
    line->length = strlen(text);
    memcpy(line->text, text, line->length);
    while (cs_backlog_is_full(&backlog, line->length)) {
        cs_peer_lose(peer, &backlog);
        cs_backlog_drop_oldest(&backlog);
    }
    cs_backlog_add(&backlog, line);
}

static void expect(const char *text)
{
    static char got[1 << 20];
    ssize_t length;

    cs_peer_send(peer, &backlog, false);
    length = recv(ours, got, sizeof(got) - 1, MSG_DONTWAIT);
    got[length < 0 ? 0 : length] = '\0';
    cr_expect_str_eq(got, text, "%s", got);
}

Test(peer, nothing_before_the_request)
{
    add(1000, "one\n");
    expect("");
}

Test(peer, live_only)
{
    add(1000, "one\n");
    say("connspan 1\n");
    add(1000, "two\n");
    expect("header\n{\"entryType\":\"connspan.live\",\"dropped\":1}\ntwo\n");
}

Test(peer, buffered_and_live)
{
    add(1000, "one\n");
    say("connspan 1 buffered\n");
    add(1000, "two\n");
    expect("header\none\n{\"entryType\":\"connspan.live\",\"dropped\":0}\ntwo\n");
    add(1000, "three\n");
    expect("three\n");
}

Test(peer, a_request_in_pieces)
{
    say("conn");
    cr_expect_not(peer->observing);
    say("span 1\n");
    cr_expect(peer->observing);
}

Test(peer, others_entries_are_not_for_it)
{
    add(0, "root's\n");
    say("connspan 1 buffered\n");
    add(1001, "another's\n");
    add(1000, "own\n");
    expect("header\n{\"entryType\":\"connspan.live\",\"dropped\":0}\nown\n");
}

Test(peer, garbage_is_turned_away)
{
    say("GET / HTTP/1.1\r\n\r\n");
    cr_expect(peer->gone);
    expect("{\"entryType\":\"connspan.error\",\"error\":\"this is no request: say connspan 1, or "
           "connspan 1 buffered\"}\n");
}

Test(peer, a_line_without_end_is_turned_away)
{
    char long_one[CS_REQUEST_BYTES + 1];

    memset(long_one, 'x', sizeof(long_one));
    long_one[CS_REQUEST_BYTES] = '\0';
    say(long_one);
    cr_expect(peer->gone);
}

Test(peer, a_second_request_is_turned_away)
{
    say("connspan 1\n");
    say("connspan 1\n");
    cr_expect(peer->gone);
}

Test(peer, who_has_no_more_to_say_still_listens)
{
    say("connspan 1\n");
    shutdown(ours, SHUT_WR);
    cs_peer_read(peer, &backlog, &header);
    cr_expect_not(peer->gone);
}

Test(peer, who_leaves_is_gone)
{
    say("connspan 1\n");
    shutdown(ours, SHUT_RDWR);
    cs_peer_send(peer, &backlog, false);
    cr_expect(peer->gone);
}

Test(peer, too_slow_ones_lose_the_oldest_and_are_told)
{
    char line[64];

    say("connspan 1\n");
    expect("header\n{\"entryType\":\"connspan.live\",\"dropped\":0}\n");
    for (int i = 0; i < CS_BACKLOG_ENTRIES + 7; i++) {
        snprintf(line, sizeof(line), "%d\n", i);
        add(i < 3 ? 0 : 1000, line); /* of the seven that go, three are none of its business */
    }
    cr_expect_eq(peer->dropped, 4);
    cs_peer_send(peer, &backlog, false);
    cr_assert_gt(recv(ours, line, sizeof(line) - 1, 0), 0);
    line[44] = '\0';
    cr_expect_str_eq(line, "{\"entryType\":\"connspan.dropped\",\"dropped\":4}");
}

Test(peer, a_full_socket_holds_nobody_up)
{
    char *line = malloc(1001);

    memset(line, 'x', 999);
    memcpy(line + 999, "\n", 2);
    say("connspan 1\n");
    for (int i = 0; i < 2000; i++) {
        add(1000, line);
        cs_peer_send(peer, &backlog, false);
    }
    cr_expect(peer->blocked);
    cr_expect_lt(peer->out.room, 128 << 10, "its memory is bounded");
    cr_expect_not(cs_peer_is_done(peer, &backlog));
    free(line);
}

Test(peer, the_end_is_told_last)
{
    say("connspan 1\n");
    add(1000, "one\n");
    cs_peer_send(peer, &backlog, true);
    cr_expect(cs_peer_is_done(peer, &backlog));
    expect("header\n{\"entryType\":\"connspan.live\",\"dropped\":0}\none\n"
           "{\"entryType\":\"connspan.end\"}\n");
}
