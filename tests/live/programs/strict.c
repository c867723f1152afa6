/* SPDX-License-Identifier: MIT */
/*
 * strict filter|strict ADDRESS:PORT COUNT: each handshake in a process that seccomp would kill for
 * any system call but those that a handshake makes: by a filter, or by SECCOMP_MODE_STRICT, which
 * knows read and write alone. Prints what it measured, as crowd does; status 1 if one was killed.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <poll.h>

#include "crowd.h"

enum { HEAP_BYTES = 8 << 20, ALIGNMENT = 16 };

static bool is_strict; /* no system call but read and write is left to this process */
static char *heap, *heap_end;

/* ---- what the libraries would ask the kernel for ---- */

static void *take(size_t bytes)
{
    size_t *block = (size_t *)heap;

    heap += ALIGNMENT + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (heap > heap_end)
        abort();
    *block = bytes;
    return (char *)block + ALIGNMENT;
}

static void *allocate(size_t bytes, const char *file, int line)
{
    (void)file, (void)line;
    return bytes ? take(bytes) : NULL;
}

static void *reallocate(void *old, size_t bytes, const char *file, int line)
{
    void *fresh = allocate(bytes, file, line);
    size_t kept = old ? *(size_t *)((char *)old - ALIGNMENT) : 0;

    if (fresh && old)
        memcpy(fresh, old, kept < bytes ? kept : bytes);
    return fresh;
}

static void release(void *block, const char *file, int line)
{
    (void)block, (void)file, (void)line;
}

static time_t constant_time = 0;

/* libcrypto asks before it draws each random number: is this still the same process? */
pid_t getpid(void)
{
    static pid_t pid;

    return is_strict ? pid : (pid = (pid_t)syscall(SYS_getpid));
}

/* In a guest these are system calls. */
time_t time(time_t *result)
{
    if (!is_strict)
        constant_time = (time_t)(net_now_ns() / 1000000000) + 1000000000;
    if (result)
        *result = constant_time;
    return constant_time;
}

/* ---- seccomp ---- */

static void install_filter(void)
{
    static const unsigned allowed[] = {
        SYS_read, SYS_write,  SYS_recvfrom, SYS_sendto,        SYS_getpid,    SYS_brk,
        SYS_mmap, SYS_munmap, SYS_futex,    SYS_clock_gettime, SYS_getrandom, SYS_exit,
    };
    enum { COUNT = sizeof(allowed) / sizeof(*allowed) };
    struct sock_filter code[COUNT + 3] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_fprog filter = {COUNT + 3, code};

    for (unsigned i = 0; i < COUNT; i++)
        code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
                                                   (__u8)(COUNT - i), 0);
    code[COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[COUNT + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
        net_die("seccomp");
}

static void lock(bool strictly)
{
    is_strict = strictly;
    if (!strictly)
        install_filter();
    else if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
        net_die("seccomp");
}

/* ---- connections ---- */

/* What is random was seeded before; from here on there are no files. */
static void handshake(const struct crowd *crowd, struct guest *guest, bool strictly)
{
    unsigned char byte;

    guest->pid = (pid_t)syscall(SYS_getpid);
    guest_connect(crowd, guest, NULL);
    net_wait(guest->fd, POLLOUT);
    if (fcntl(guest->fd, F_SETFL, 0) || RAND_bytes(&byte, 1) != 1 || RAND_priv_bytes(&byte, 1) != 1)
        net_die("prepare");
    getpid();
    time(NULL);
    guest->start.before = net_now_ns();
    lock(strictly);
    guest->done = SSL_do_handshake(guest->ssl) == 1;
    syscall(SYS_exit, guest->done ? 0 : 1);
}

/* The child's clock may be a system call: the parent reads it, before and after. */
static bool connection(const struct crowd *crowd, struct guest *guest, bool strictly)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        net_die("fork");
    if (!child)
        handshake(crowd, guest, strictly);
    if (waitpid(child, &status, 0) != child)
        net_die("waitpid");
    guest->start.after = guest->end.after = net_now_ns();
    guest->end.before = guest->start.before;
    guest->calls = 1;
    if (status)
        fprintf(stderr, "strict: handshake %u: status %#x\n", guest->number, status);
    else
        guest_print(guest);
    fflush(stdout);
    return status == 0;
}

static void *pages(size_t bytes, int sharing)
{
    void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

    if (place == MAP_FAILED)
        net_die("mmap");
    return place;
}

int main(int argc, char **argv)
{
    unsigned count = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
    struct guest *guest = pages(sizeof(*guest), MAP_SHARED);
    struct crowd crowd = {0};
    bool all = true;

    if (!count)
        return 2;
    heap = pages(HEAP_BYTES, MAP_PRIVATE);
    heap_end = heap + HEAP_BYTES;
    CRYPTO_set_mem_functions(allocate, reallocate, release);
    crowd.address = net_parse(argv[2]);
    crowd.ctx = SSL_CTX_new(TLS_client_method());
    for (unsigned number = 1; number <= count; number++) {
        *guest = (struct guest){.number = number};
        all &= connection(&crowd, guest, !strcmp(argv[1], "strict"));
    }
    return all ? 0 : 1;
}
