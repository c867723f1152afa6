/* SPDX-License-Identifier: MIT */
/* The words for errno, signals and causes. Nothing here knows sockets or handshakes. */
#include "user/fold/ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* What can end a process; glibc's sigabbrev_np() would need a buffer for the "SIG". */
static const char *const signal_names[] = {
    [SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
    [SIGILL] = "SIGILL",       [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
    [SIGBUS] = "SIGBUS",       [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
    [SIGUSR1] = "SIGUSR1",     [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
    [SIGPIPE] = "SIGPIPE",     [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
    [SIGSTKFLT] = "SIGSTKFLT", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
    [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGIO] = "SIGIO",
    [SIGPWR] = "SIGPWR",       [SIGSYS] = "SIGSYS",
};

static const char *signal_name(int number)
{
    enum { COUNT = sizeof(signal_names) / sizeof(signal_names[0]) };

    if (number > 0 && number < COUNT && signal_names[number])
        return signal_names[number];
    return number >= SIGRTMIN && number <= SIGRTMAX ? "a real-time signal" : NULL;
}

static const char *errno_name(int error)
{
    const char *name = error > 0 ? strerrorname_np(error) : NULL; /* glibc 2.32 */

    return name ? name : "unknown";
}

/* During a handshake the two commonest have names of their own. */
static const char *tls_code(int error)
{
    if (error == ECONNRESET)
        return "reset";
    return error == ETIMEDOUT ? "timeout" : errno_name(error);
}

void cs_ending_tell(const struct cs_ending *ending, const char *phase, struct cs_record *record)
{
    record->done_ns = ending->ns;
    record->failed_ns = ending->ns;
    record->error_phase = phase;
    record->outcome = CONNSPAN_FAILED;
    switch (ending->cause) {
    case CS_CAUSE_CLOSE:
        record->outcome = CONNSPAN_ABORTED;
        record->error_code = "closed";
        break;
    case CS_CAUSE_SIGNAL:
        record->outcome = CONNSPAN_ABORTED;
        record->error_code = "signal";
        record->error_detail = signal_name(ending->signal);
        break;
    case CS_CAUSE_PEER:
        record->error_code = "eof";
        break;
    default:
        record->error_code =
            strcmp(phase, "tls") ? errno_name(ending->error) : tls_code(ending->error);
    }
}
