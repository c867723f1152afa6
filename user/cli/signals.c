/* SPDX-License-Identifier: MIT */
/*
 * Handlers instead of a signalfd, since blocked signals could not end a process that hangs in a
 * write to a stalled pipe. A handler has no argument of ours: hence the one static of the program.
 */
#include "user/cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "user/cli/clock.h"

/* timeout(1) and shells signal a process and then its group: within this time it is one request. */
#define SAME_REQUEST_NS (500 * CS_NS_PER_MS)

static struct {
    int fd;
    volatile sig_atomic_t caught;
    volatile sig_atomic_t terminal_is_commands;
    uint64_t caught_ns; /* touched by the handler only, which runs with all three blocked */
} state = {.fd = -1};

static void on_signal(int number, siginfo_t *info, void *context)
{
    const uint64_t one = 1;
    int saved_errno = errno;

    (void)context;
    if (state.terminal_is_commands && info->si_code == SI_KERNEL && number == SIGINT)
        return;
    if (state.caught && cs_clock_now_ns() - state.caught_ns > SAME_REQUEST_NS) {
        signal(number, SIG_DFL);
        raise(number); /* delivered when this handler returns */
        return;
    }
    if (!state.caught) {
        state.caught_ns = cs_clock_now_ns();
        state.caught = number;
        if (write(state.fd, &one, sizeof(one)) < 0)
            errno = saved_errno; /* cannot fill up with one write */
    }
    errno = saved_errno;
}

static void catch_signal(int number)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaction(number, &action, NULL);
}

int cs_signals_open(void)
{
    struct sigaction hangup;

    state.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (state.fd < 0)
        return -errno;
    state.caught = 0;
    /* Also where a shell ignores it for its background jobs: scripts end us by SIGINT. */
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN) /* nohup(1) */
        catch_signal(SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    return state.fd;
}

int cs_signals_caught(void)
{
    return state.caught;
}

void cs_signals_leave_terminal(bool to_command)
{
    state.terminal_is_commands = to_command;
    signal(SIGQUIT, to_command ? SIG_IGN : SIG_DFL);
}
