/* SPDX-License-Identifier: MIT */
/* One round: wait, take what the tracer brought, hear and serve the observers, part with some. */
#include "user/share/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/base/thread.h"

enum { EVENTS = 64, NICE = 5, TICK_MS = 1000, END_MS = 500 };

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void watch(struct cs_server *server, int fd, uint32_t events, void *data)
{
    struct epoll_event event = {.events = events, .data.ptr = data};

    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* ---- who connects -------------------------------------------------------------------------- */

static size_t count_of_user(const struct cs_server *server, uint32_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < server->peer_count; i++)
        count += server->peers[i]->reader.uid == uid;
    return count;
}

static void admit(struct cs_server *server, int fd)
{
    struct cs_peer *peer = cs_peer_new(fd, server->everyone, now_ms());
    bool many = server->peer_count == CS_PEERS;

    if (!peer)
        return;
    if (peer->reader.uid != 0 && count_of_user(server, peer->reader.uid) >= CS_PEERS_OF_USER)
        many = true;
    if (many || server->ending) {
        cs_peer_refuse(peer, many ? "too many observers" : "the tracer ends");
        cs_peer_free(peer);
        return;
    }
    server->peers[server->peer_count++] = peer;
    watch(server, fd, EPOLLIN | EPOLLOUT | EPOLLET, peer);
}

/* Without descriptors the socket stays readable: it is left alone until the next tick. */
static void accept_all(struct cs_server *server)
{
    int fd;

    while ((fd = accept4(server->socket_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        admit(server, fd);
    if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
        return;
    server->deaf = true;
    epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->socket_fd, NULL);
}

static void hear_again(struct cs_server *server)
{
    if (!server->deaf)
        return;
    server->deaf = false;
    watch(server, server->socket_fd, EPOLLIN, &server->socket_fd);
}

/* ---- what they are given ------------------------------------------------------------------- */

static void take_line(struct cs_server *server, struct cs_entry_line *line)
{
    while (cs_backlog_is_full(&server->backlog, line->length)) {
        for (size_t i = 0; i < server->peer_count; i++)
            cs_peer_lose(server->peers[i], &server->backlog);
        cs_backlog_drop_oldest(&server->backlog);
    }
    cs_backlog_add(&server->backlog, line);
}

static void send_all(struct cs_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++)
        cs_peer_send(server->peers[i], &server->backlog, server->ending);
}

/* A burst longer than the backlog goes out in between: who keeps up loses nothing by it. */
static void take_lines(struct cs_server *server, struct cs_entry_lines *lines)
{
    bool ending = cs_inbox_take(server->inbox, lines);

    for (size_t i = 0; i < lines->count; i++) {
        take_line(server, lines->lines[i]);
        if (i % 64 == 63)
            send_all(server);
    }
    lines->count = lines->bytes = 0;
    if (ending && !server->ending) {
        server->ending = true;
        server->end_ms = now_ms() + END_MS;
    }
}

/* ---- who leaves ---------------------------------------------------------------------------- */

static void part(struct cs_server *server, size_t i)
{
    struct cs_peer *peer = server->peers[i];

    if (peer->dropped)
        cs_note(server->notes, CONNSPAN_INFO,
                "an observer (pid %d) was too slow for %llu entries, and was told so", peer->pid,
                (unsigned long long)peer->dropped);
    cs_peer_free(peer);
    server->peers[i] = server->peers[--server->peer_count];
}

static bool is_late(const struct cs_peer *peer, uint64_t now)
{
    return !peer->observing && now > peer->since_ms + CS_REQUEST_MS;
}

static void part_with_some(struct cs_server *server)
{
    uint64_t now = now_ms();

    for (size_t i = server->peer_count; i-- > 0;) {
        if (is_late(server->peers[i], now))
            cs_peer_refuse(server->peers[i], "no request came");
        if (server->peers[i]->gone)
            part(server, i);
    }
}

static bool anybody_undone(const struct cs_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++) {
        if (!cs_peer_is_done(server->peers[i], &server->backlog))
            return true;
    }
    return false;
}

/* ---- the rounds ---------------------------------------------------------------------------- */

static int wait_ms(const struct cs_server *server)
{
    uint64_t now = server->ending ? now_ms() : 0;

    if (server->ending)
        return now < server->end_ms ? (int)(server->end_ms - now) : 0;
    for (size_t i = 0; i < server->peer_count; i++) {
        if (!server->peers[i]->observing)
            return TICK_MS;
    }
    return server->deaf ? TICK_MS : -1;
}

static void handle(struct cs_server *server, const struct epoll_event *event)
{
    struct cs_peer *peer = event->data.ptr;

    if (event->data.ptr == &server->socket_fd) {
        accept_all(server);
        return;
    }
    if (event->data.ptr == server->inbox)
        return;
    if (event->events & EPOLLOUT)
        peer->blocked = false;
    if (event->events & (EPOLLHUP | EPOLLERR))
        peer->gone = true;
    else if (event->events & EPOLLIN)
        cs_peer_read(peer, &server->backlog, &server->header);
}

static bool round_of(struct cs_server *server, struct cs_entry_lines *lines)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(server->epoll_fd, events, EVENTS, wait_ms(server));

    hear_again(server);
    for (int i = 0; i < count; i++)
        handle(server, &events[i]);
    take_lines(server, lines);
    send_all(server);
    part_with_some(server);
    return !server->ending || (anybody_undone(server) && now_ms() < server->end_ms);
}

void *cs_server_run(void *context)
{
    struct cs_server *server = context;
    struct cs_entry_lines lines = {0};

    cs_thread_nice(NICE);
    cs_thread_give_up_rights();
    watch(server, server->socket_fd, EPOLLIN, &server->socket_fd);
    watch(server, server->inbox->wake_fd, EPOLLIN, server->inbox);
    while (round_of(server, &lines))
        ;
    while (server->peer_count)
        part(server, server->peer_count - 1);
    free(lines.lines);
    return NULL;
}
