/* SPDX-License-Identifier: MIT */
/* Never waits: a socket that takes nothing is left alone until epoll says that it does. */
#include "user/share/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT_BYTES = 32 << 10, SOCKET_BYTES = 64 << 10 };

struct cs_peer *cs_peer_new(int fd, bool everyone, uint64_t now_ms)
{
    struct cs_peer *peer = calloc(1, sizeof(*peer));
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t length = sizeof(who);
    int room = SOCKET_BYTES;

    if (!peer) {
        close(fd);
        return NULL;
    }
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    peer->fd = fd;
    peer->pid = who.pid;
    peer->since_ms = now_ms;
    peer->reader.uid = who.uid;
    peer->reader.everything = everyone || who.uid == 0 || who.uid == geteuid();
    return peer;
}

void cs_peer_free(struct cs_peer *peer)
{
    close(peer->fd);
    cs_buf_free(&peer->out);
    free(peer);
}

void cs_peer_refuse(struct cs_peer *peer, const char *why)
{
    char line[160];
    int length = snprintf(line, sizeof(line), CS_LINE_ERROR, why);

    if (!peer->out.length) /* not into the middle of a line */
        send(peer->fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
    peer->gone = true;
}

static void begin(struct cs_peer *peer, const struct cs_backlog *backlog,
                  const struct cs_buf *header, bool buffered)
{
    peer->observing = true;
    peer->live = backlog->end;
    peer->next = cs_backlog_last(backlog, &peer->reader, buffered ? CS_BUFFERED : 0, &peer->before);
    cs_buf_add(&peer->out, header->data, header->length);
}

static void take_request(struct cs_peer *peer, const struct cs_backlog *backlog,
                         const struct cs_buf *header)
{
    size_t length = peer->request_bytes;

    if (length == strlen(CS_REQUEST_BUFFERED) &&
        !memcmp(peer->request, CS_REQUEST_BUFFERED, length))
        begin(peer, backlog, header, true);
    else if (length == strlen(CS_REQUEST) && !memcmp(peer->request, CS_REQUEST, length))
        begin(peer, backlog, header, false);
    else if (length == sizeof(peer->request) || memchr(peer->request, '\n', length))
        cs_peer_refuse(peer, "this is no request: say connspan 1, or connspan 1 buffered");
}

void cs_peer_read(struct cs_peer *peer, const struct cs_backlog *backlog,
                  const struct cs_buf *header)
{
    ssize_t got = recv(peer->fd, peer->request + peer->request_bytes,
                       sizeof(peer->request) - peer->request_bytes, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0 && peer->observing)
        cs_peer_refuse(peer, "one request is enough");
    else if (got <= 0) /* who has no more to say may still listen */
        peer->gone = got < 0 || !peer->observing;
    else {
        peer->request_bytes += (size_t)got;
        take_request(peer, backlog, header);
    }
}

void cs_peer_lose(struct cs_peer *peer, const struct cs_backlog *backlog)
{
    if (!peer->observing || peer->next != backlog->first)
        return;
    peer->dropped += cs_reader_sees(&peer->reader, cs_backlog_at(backlog, peer->next));
    peer->next++;
}

static void fill(struct cs_peer *peer, const struct cs_backlog *backlog, bool end)
{
    while (peer->out.length < OUT_BYTES) {
        const struct cs_entry_line *line;

        if (peer->dropped != peer->dropped_told) {
            peer->dropped_told = peer->dropped;
            cs_buf_format(&peer->out, CS_LINE_DROPPED, (unsigned long long)peer->dropped);
        }
        if (peer->next >= peer->live && !peer->live_told) {
            peer->live_told = true;
            cs_buf_format(&peer->out, CS_LINE_LIVE, (unsigned long long)peer->before);
        }
        if (peer->next == backlog->end)
            break;
        line = cs_backlog_at(backlog, peer->next++);
        if (cs_reader_sees(&peer->reader, line))
            cs_buf_add(&peer->out, line->text, line->length);
    }
    if (end && peer->next == backlog->end && !peer->end_told) {
        peer->end_told = true;
        cs_buf_text(&peer->out, CS_LINE_END);
    }
}

static bool push(struct cs_peer *peer)
{
    ssize_t sent = send(peer->fd, peer->out.data + peer->sent, peer->out.length - peer->sent,
                        MSG_NOSIGNAL | MSG_DONTWAIT);

    peer->blocked = sent < 0 && errno == EAGAIN;
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        peer->gone = true;
    if (sent <= 0)
        return false;
    peer->sent += (size_t)sent;
    if (peer->sent == peer->out.length) {
        cs_buf_clear(&peer->out);
        peer->sent = 0;
    }
    return true;
}

void cs_peer_send(struct cs_peer *peer, const struct cs_backlog *backlog, bool end)
{
    bool going = peer->observing && !peer->gone && !peer->blocked;

    while (going) {
        if (!peer->sent) /* else the rest goes first: its memory does not grow */
            fill(peer, backlog, end);
        if (peer->out.failed)
            peer->gone = true; /* a stream with a hole in a line is of no use */
        going = peer->out.length && !peer->gone && push(peer);
    }
}

bool cs_peer_is_done(const struct cs_peer *peer, const struct cs_backlog *backlog)
{
    return peer->gone || !peer->observing ||
           (peer->end_told && !peer->out.length && peer->next == backlog->end);
}
