/* SPDX-License-Identifier: MIT */
/* Signals are blocked before the thread exists: it inherits the mask (pthread_create(3)). */
#include "user/base/thread.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int cs_thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *context)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return -error;
    pthread_setname_np(*thread, name);
    return 0;
}

/* In Linux a nice value is the thread's (setpriority(2), "C library/kernel differences"). */
void cs_thread_nice(int nice)
{
    if (getpriority(PRIO_PROCESS, 0) < nice)
        setpriority(PRIO_PROCESS, 0, nice);
}

/* Capabilities are each thread's own in Linux: the rest of the program keeps what it has. */
void cs_thread_give_up_rights(void)
{
    struct __user_cap_header_struct own = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_capset, &own, none); /* to have less is never refused */
}
