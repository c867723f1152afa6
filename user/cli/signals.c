/* SPDX-License-Identifier: MIT */
/*
 * Handlers instead of a signalfd, since blocked signals could not end a process that hangs in a
 * write to a stalled pipe. A handler has no argument of ours: hence the one static of the program.
 */
#include "user/cli/signals.h"

#include <errno.h>
#include <fcntl.h>
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
    volatile sig_atomic_t reopen;
    bool had_terminal;
    volatile sig_atomic_t terminal_is_commands;
    uint64_t caught_ns; /* touched by the handler only, which runs with all three blocked */
} state = {.fd = -1};

static void wake(void)
{
    const uint64_t one = 1;

    if (write(state.fd, &one, sizeof(one)) < 0)
        return; /* full of wake-ups already */
}

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The kernel says so itself, a shell says it to its jobs; all other senders are of flesh or cron.
 */
static bool is_terminal_gone(const siginfo_t *info)
{
    return info->si_code == SI_KERNEL || (state.had_terminal && !has_terminal());
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    (void)context;
    if (number == SIGHUP && !is_terminal_gone(info)) {
        state.reopen = 1;
        wake();
        errno = saved_errno;
        return;
    }
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
        wake();
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
    state.caught = state.reopen = 0;
    state.had_terminal = has_terminal();
    /* Also where a shell ignores it for its background jobs: scripts end us by SIGINT. */
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN) /* nohup(1) */
        catch_signal(SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    return state.fd;
}

bool cs_signals_take_reopen(void)
{
    uint64_t wakes;

    if (!state.reopen)
        return false;
    state.reopen = 0;
    if (read(state.fd, &wakes, sizeof(wakes)) < 0)
        return true;
    if (state.caught) /* its wake-up may just have been read */
        wake();
    return true;
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
