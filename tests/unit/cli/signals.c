/* SPDX-License-Identifier: MIT */
/* One request, two requests, and interrupts that are the command's. */
#include "user/cli/signals.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "user/cli/clock.h"

static bool readable(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    return poll(&item, 1, 0) == 1;
}

Test(signals, the_first_is_told)
{
    int fd = cs_signals_open();

    cr_assert(fd >= 0);
    cr_assert_not(readable(fd));
    cr_assert_eq(cs_signals_caught(), 0);
    raise(SIGTERM);
    cr_assert(readable(fd));
    cr_assert_eq(cs_signals_caught(), SIGTERM);
}

Test(signals, twice_at_once_is_one_request)
{
    cs_signals_open();
    raise(SIGTERM);
    raise(SIGTERM);
    raise(SIGINT);
    cr_assert_eq(cs_signals_caught(), SIGTERM);
}

/* The second one must end us although nobody reads the fd. The wait is the grace of one request. */
Test(signals, a_later_one_ends_the_process, .signal = SIGINT)
{
    uint64_t until_ns;

    cs_signals_open();
    raise(SIGTERM);
    for (until_ns = cs_clock_now_ns() + 510 * CS_NS_PER_MS; cs_clock_now_ns() < until_ns;)
        ;
    raise(SIGINT);
    cr_assert_fail("still alive");
}

Test(signals, an_interrupt_by_kill_counts_also_while_a_command_runs)
{
    cs_signals_open();
    cs_signals_leave_terminal(true);
    kill(getpid(), SIGINT);
    cr_assert_eq(cs_signals_caught(), SIGINT);
}

/* A process may forge the terminal's mark on signals to itself, see rt_sigqueueinfo(2). */
Test(signals, one_from_the_terminal_does_not)
{
    siginfo_t info = {.si_code = SI_KERNEL};

    cs_signals_open();
    cs_signals_leave_terminal(true);
    cr_assert_eq(syscall(SYS_rt_sigqueueinfo, getpid(), SIGINT, &info), 0);
    cr_assert_eq(cs_signals_caught(), 0);
    cs_signals_leave_terminal(false);
    cr_assert_eq(syscall(SYS_rt_sigqueueinfo, getpid(), SIGINT, &info), 0);
    cr_assert_eq(cs_signals_caught(), SIGINT);
}

Test(signals, nohup_is_respected)
{
    signal(SIGHUP, SIG_IGN);
    cs_signals_open();
    raise(SIGHUP);
    cr_assert_eq(cs_signals_caught(), 0);
}

Test(signals, ignored_interrupts_are_caught_all_the_same)
{
    signal(SIGINT, SIG_IGN); /* as a shell does for its background jobs */
    cs_signals_open();
    raise(SIGINT);
    cr_assert_eq(cs_signals_caught(), SIGINT);
}

Test(signals, a_hangup_by_kill_is_a_wish_to_reopen)
{
    int fd = cs_signals_open();

    cr_assert_not(cs_signals_take_reopen());
    kill(getpid(), SIGHUP);
    cr_assert(readable(fd));
    cr_assert_eq(cs_signals_caught(), 0);
    cr_assert(cs_signals_take_reopen());
    cr_assert_not(readable(fd));
    cr_assert_not(cs_signals_take_reopen(), "once");
    kill(getpid(), SIGHUP);
    raise(SIGTERM);
    cr_assert(cs_signals_take_reopen());
    cr_assert(readable(fd), "the end is still wanted");
    cr_assert_eq(cs_signals_caught(), SIGTERM);
}
