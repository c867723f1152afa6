/* SPDX-License-Identifier: MIT */
/*
 * spawn [--seconds S] [--processes N]: processes, by default one per processor, that fork a child
 * which becomes /bin/true, and wait for it, as fast as they can. Prints how many children there
 * were.
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

static void spawn_one(void)
{
    static char *const words[] = {"true", NULL};
    pid_t child = fork();
    int status;

    if (child < 0)
        net_die("fork");
    if (!child) {
        execv("/bin/true", words);
        net_die("/bin/true");
    }
    if (waitpid(child, &status, 0) < 0 || status)
        net_die("/bin/true failed");
}

_Noreturn static void work(double seconds, unsigned *made)
{
    uint64_t end_ns = net_now_ns() + (uint64_t)(seconds * 1e9);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (net_now_ns() < end_ns) {
        spawn_one();
        ++*made;
    }
    _exit(0);
}

/* Returns how many children there were. */
static unsigned run(long processes, double seconds)
{
    size_t size_bytes = (size_t)processes * sizeof(unsigned);
    unsigned *made =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned total = 0;
    int status;

    if (made == MAP_FAILED)
        net_die("mmap");
    for (long i = 0; i < processes; i++) {
        pid_t child = fork();

        if (child < 0)
            net_die("fork");
        if (!child)
            work(seconds, &made[i]);
    }
    while (wait(&status) > 0)
        if (status)
            exit(1); /* it said why */
    for (long i = 0; i < processes; i++)
        total += made[i];
    return total;
}

int main(int argc, char **argv)
{
    const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                     {"processes", required_argument, NULL, 'p'},
                                     {0}};
    long processes = sysconf(_SC_NPROCESSORS_ONLN);
    double seconds = 1;
    uint64_t start_ns = net_now_ns();
    unsigned made;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == 's')
            seconds = atof(optarg);
        else if (option == 'p')
            processes = atol(optarg);
        else
            return 2;
    }
    if (processes < 1)
        return 2;
    made = run(processes, seconds);
    net_print("{\"spawned\":%u,\"seconds\":%.6f}\n", made, (double)(net_now_ns() - start_ns) / 1e9);
    return 0;
}
