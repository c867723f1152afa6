/* SPDX-License-Identifier: MIT */
/*
 * midway fork|thread|carrier ADDRESS:PORT COUNT: handshakes that change hands after their
 * ClientHello was made. fork: another process goes on, the one that began exits. thread: another
 * thread goes on. carrier: memory BIOs; the thread that steps never sends, another one does all
 * that. Prints what it measured, as crowd does.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"

struct midway {
    struct crowd crowd;
    struct guest guest;
    bool over;
};

/* What one turn needs before it: the socket writable for the first one, readable after. */
static void *turn(void *argument)
{
    struct midway *midway = argument;

    net_wait(midway->guest.fd, midway->guest.calls ? POLLIN : POLLOUT);
    midway->over = guest_step(&midway->crowd, &midway->guest) == GUEST_OVER;
    return NULL;
}

static void *carry(void *argument)
{
    guest_flush(&((struct midway *)argument)->guest);
    return NULL;
}

static void on_thread(void *(*what)(void *), struct midway *midway)
{
    pthread_t id;

    if (pthread_create(&id, NULL, what, midway) || pthread_join(id, NULL))
        net_die("thread");
}

static void go_on(struct midway *midway, bool elsewhere)
{
    while (!midway->over) {
        if (midway->guest.flush)
            on_thread(carry, midway);
        if (elsewhere)
            on_thread(turn, midway);
        else
            turn(midway);
    }
    if (midway->guest.flush)
        on_thread(carry, midway);
    guest_print(&midway->guest);
    fflush(stdout);
}

/* The parent of the connection is a process of its own; its child goes on when it is gone. */
static void go_on_in_child(struct midway *midway)
{
    int gone[2];
    char byte;

    midway->guest.pid = getpid();
    if (pipe(gone))
        net_die("pipe");
    switch (fork()) {
    case -1:
        net_die("fork");
    case 0:
        close(gone[1]);
        if (read(gone[0], &byte, 1)) /* end of file: the last writer is gone */
            net_die("pipe");
        go_on(midway, false);
    }
    _exit(0);
}

static void connection(const struct crowd *crowd, const char *how, unsigned number)
{
    struct midway midway = {.crowd = *crowd, .guest.number = number};

    guest_connect(&midway.crowd, &midway.guest, NULL);
    turn(&midway);
    if (!strcmp(how, "fork"))
        go_on_in_child(&midway);
    go_on(&midway, !strcmp(how, "thread"));
    SSL_free(midway.guest.ssl);
    close(midway.guest.fd);
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.ctx = SSL_CTX_new(TLS_client_method())};
    unsigned count = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
    bool forks;

    if (!count)
        return 2;
    crowd.address = net_parse(argv[2]);
    crowd.memory = crowd.late = !strcmp(argv[1], "carrier");
    forks = !strcmp(argv[1], "fork");
    for (unsigned number = 1; number <= count; number++) {
        pid_t child = forks ? fork() : 0;

        if (child < 0)
            net_die("fork");
        if (!child)
            connection(&crowd, argv[1], number);
        else
            waitpid(child, NULL, 0);
    }
    return 0;
}
