/* SPDX-License-Identifier: MIT */
/*
 * stacks async|swap|jump ADDRESS:PORT COUNT: handshakes whose stack is not what a return probe
 * takes it for, four at a time on one thread. Before each read their BIO leaves: async pauses
 * OpenSSL's job (SSL_MODE_ASYNC), swap goes on on another stack, where another handshake is half
 * done, jump leaves every other handshake for good by longjmp(). Prints what it measured, as crowd
 * does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <openssl/async.h>
#include <poll.h>

#include "crowd.h"

enum { TRACKS = 4, STACK_BYTES = 512 * 1024 };

/* One stack, and the connection that is being made on it. */
struct track {
    struct guest guest;
    ucontext_t context;
    char *stack;
    bool over;
};

static struct crowd crowd;
static BIO_METHOD *method;
static ucontext_t main_context;
static jmp_buf away;
static void (*wait_for)(struct track *track);

/* ---- what is done where something is to be read ---- */

static void pause_job(struct track *track)
{
    (void)track;
    ASYNC_pause_job();
}

static void swap(struct track *track)
{
    swapcontext(&track->context, &main_context);
}

static void jump(struct track *track)
{
    if (track->guest.abandoned)
        longjmp(away, 1);
    net_wait(track->guest.fd, POLLIN);
}

/* ---- a BIO on the socket ---- */

static int bio_write(BIO *bio, const char *data, int length)
{
    struct guest *guest = &((struct track *)BIO_get_data(bio))->guest;

    guest->end.before = net_now_ns();
    if (!net_send_all(guest->fd, data, (size_t)length))
        return -1;
    if (!guest->hello_ns)
        guest->hello_ns = guest->start.after = net_now_ns();
    return length;
}

static int bio_read(BIO *bio, char *data, int room)
{
    struct track *track = BIO_get_data(bio);
    ssize_t length;

    do {
        wait_for(track);
        length = recv(track->guest.fd, data, (size_t)room, 0);
    } while (length < 0 && errno == EAGAIN);
    return (int)length;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static BIO *bio_new(struct track *track)
{
    BIO *bio = BIO_new(method);

    BIO_set_data(bio, track);
    BIO_set_init(bio, 1);
    return bio;
}

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stacks");
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_ctrl);
}

/* ---- connections ---- */

static void begin(struct track *track, unsigned number)
{
    struct guest *guest = &track->guest;

    *guest = (struct guest){.number = number};
    guest_connect(&crowd, guest, NULL);
    net_wait(guest->fd, POLLOUT);
    SSL_set_bio(guest->ssl, bio_new(track), bio_new(track));
    track->over = false;
    guest->start.before = net_now_ns();
}

/* One SSL_do_handshake; an error but "again" is the end of the program. */
static void step(struct track *track)
{
    struct guest *guest = &track->guest;
    int result = SSL_do_handshake(guest->ssl);

    guest->calls++;
    guest->end.after = net_now_ns();
    track->over = result == 1;
    if (!track->over && SSL_get_error(guest->ssl, result) != SSL_ERROR_WANT_ASYNC)
        net_die("SSL_do_handshake");
}

static void end(struct track *track)
{
    guest_print(&track->guest);
    fflush(stdout);
    if (!track->guest.abandoned)
        SSL_free(track->guest.ssl);
    close(track->guest.fd);
}

static void step_all(struct track *tracks)
{
    for (unsigned i = 0; i < TRACKS; i++)
        if (!tracks[i].over)
            step(&tracks[i]);
}

/* ---- stacks ---- */

static void on_stack(unsigned index, unsigned unused);

static struct track *all;

static void on_stack(unsigned index, unsigned unused)
{
    (void)unused;
    step(&all[index]);
}

/* Neither last in first out nor upwards: the first goes on when the last has begun. */
static void swap_all(struct track *tracks)
{
    all = tracks;
    for (unsigned i = 0; i < TRACKS; i++) {
        struct track *track = &tracks[i];

        getcontext(&track->context);
        track->context.uc_stack.ss_sp = track->stack;
        track->context.uc_stack.ss_size = STACK_BYTES;
        track->context.uc_link = &main_context;
        makecontext(&track->context, (void (*)(void))on_stack, 2, i, 0u);
    }
    for (bool busy = true; busy;) {
        busy = false;
        for (unsigned i = 0; i < TRACKS; i++) {
            if (tracks[i].over)
                continue;
            swapcontext(&main_context, &tracks[i].context);
            busy |= !tracks[i].over;
        }
    }
}

static void async_all(struct track *tracks)
{
    bool busy = true;

    while (busy) {
        step_all(tracks);
        busy = false;
        for (unsigned i = 0; i < TRACKS; i++)
            busy |= !tracks[i].over;
    }
}

static void jump_all(struct track *tracks)
{
    for (unsigned i = 0; i < TRACKS; i++) {
        tracks[i].guest.abandoned = i % 2 == 0;
        if (!setjmp(away))
            step(&tracks[i]);
    }
}

static void run(void (*all_of_them)(struct track *), unsigned count)
{
    static struct track tracks[TRACKS];

    for (unsigned i = 0; i < TRACKS; i++)
        tracks[i].stack = malloc(STACK_BYTES);
    for (unsigned number = 1; number <= count; number += TRACKS) {
        for (unsigned i = 0; i < TRACKS; i++)
            begin(&tracks[i], number + i);
        all_of_them(tracks);
        for (unsigned i = 0; i < TRACKS; i++)
            end(&tracks[i]);
    }
}

int main(int argc, char **argv)
{
    const char *how = argc == 4 ? argv[1] : "";

    if (argc != 4)
        return 2;
    crowd = (struct crowd){.ctx = SSL_CTX_new(TLS_client_method()), .memory = true};
    crowd.address = net_parse(argv[2]);
    make_method();
    if (!strcmp(how, "async")) {
        SSL_CTX_set_mode(crowd.ctx, SSL_MODE_ASYNC);
        wait_for = pause_job;
        run(async_all, (unsigned)atoi(argv[3]));
    } else if (!strcmp(how, "swap")) {
        wait_for = swap;
        run(swap_all, (unsigned)atoi(argv[3]));
    } else {
        wait_for = jump;
        run(jump_all, (unsigned)atoi(argv[3]));
    }
    return 0;
}
