/* SPDX-License-Identifier: MIT */
/*
 * The first process of the guest: loads the modules, makes the host's root its own (read-only, over
 * 9p), adds what a running system has, runs the command and hands its status back through a file.
 * Told by the environment, which the kernel fills from its command line: vm_work, vm_overlay.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Where the host's side of one run is: the command, and the status that we write. */
#define RUN "/run/vm"

#define SHARE "trans=virtio,version=9p2000.L,msize=524288"

static void say(const char *what, const char *which)
{
    fprintf(stderr, "init: %s %s: %s\n", what, which, strerror(errno));
}

static _Noreturn void power_off(void)
{
    sync();
    reboot(RB_AUTOBOOT); /* QEMU's -no-reboot makes an exit of it */
    _exit(1);
}

static int attach(const char *what, const char *where, const char *type, unsigned long flags,
                  const char *options)
{
    if (!mount(what, where, type, flags, options))
        return 0;
    say("mount", where);
    return -1;
}

static void must_attach(const char *what, const char *where, const char *type, unsigned long flags,
                        const char *options)
{
    if (attach(what, where, type, flags, options))
        power_off();
}

static void make_folders(const char *path)
{
    char part[4096];

    for (const char *end = path; (end = strchr(end + 1, '/'));) {
        snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
        mkdir(part, 0755);
    }
    mkdir(path, 0755);
}

/* Their names begin with a number: the order in which they depend on one another. */
static void load_modules(void)
{
    struct dirent **names;
    int count = scandir("/modules", &names, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        char path[512];
        int fd;

        if (names[i]->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
            say("module", path);
        close(fd);
    }
}

/* With an overlay, a write to the root stays in memory, as in a container. */
static void attach_root(void)
{
    const char *host = getenv("vm_overlay") ? "/lower" : "/root";

    mkdir(host, 0755);
    must_attach("root", host, "9p", MS_RDONLY, SHARE ",cache=loose");
    if (!getenv("vm_overlay"))
        return;
    mkdir("/upper", 0755);
    must_attach("tmpfs", "/upper", "tmpfs", 0, NULL);
    mkdir("/upper/files", 0755);
    mkdir("/upper/work", 0755);
    must_attach("overlay", "/root", "overlay", 0,
                "lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work");
}

static void enter_root(void)
{
    must_attach("/dev", "/root/dev", NULL, MS_MOVE, NULL);
    if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/")) {
        say("enter", "/root");
        power_off();
    }
}

/* What systemd would have set up. The root is not writable: what programs write to is memory. */
static void furnish(void)
{
    static const char *const memory[] = {"/tmp", "/run", "/root", "/var/tmp", "/var/log", NULL};

    attach("proc", "/proc", "proc", 0, NULL);
    attach("sysfs", "/sys", "sysfs", 0, NULL);
    attach("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
    attach("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
    attach("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
    attach("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
    mkdir("/dev/pts", 0755);
    mkdir("/dev/shm", 0755);
    attach("devpts", "/dev/pts", "devpts", 0, NULL);
    attach("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
    for (size_t i = 0; memory[i]; i++)
        attach("tmpfs", memory[i], "tmpfs", 0, NULL);
    symlink("/proc/self/fd", "/dev/fd");
    sethostname("vm", 2);
}

static void attach_shares(void)
{
    const char *work = getenv("vm_work");

    mkdir(RUN, 0755);
    must_attach("run", RUN, "9p", 0, SHARE);
    make_folders(work);
    must_attach("work", work, "9p", 0, SHARE);
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (ioctl(fd, SIOCSIFFLAGS, &request))
        say("up", "lo");
    close(fd);
}

/* The second serial line carries the command's output as it is. */
static void open_output(void)
{
    int line = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
    struct termios raw;

    if (line < 0 || tcgetattr(line, &raw)) {
        say("open", "/dev/ttyS1");
        power_off();
    }
    cfmakeraw(&raw);
    raw.c_cflag |= CLOCAL;
    tcsetattr(line, TCSANOW, &raw);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(line, 1);
    dup2(line, 2);
}

static int run_command(void)
{
    pid_t child = fork();
    int status;
    pid_t gone;

    if (child == 0) {
        setsid();
        open_output();
        execl("/bin/bash", "bash", RUN "/command", (char *)NULL);
        _exit(127);
    }
    while ((gone = wait(&status)) != child)
        if (gone < 0 && errno != EINTR)
            return 1;
    tcdrain(open("/dev/ttyS1", O_WRONLY | O_NOCTTY));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
    FILE *file;

    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL); /* some kernels have done it */
    load_modules();
    attach_root();
    enter_root();
    furnish();
    attach_shares();
    loopback_up();
    int status = run_command();

    file = fopen(RUN "/status", "w");
    if (file) {
        fprintf(file, "%d\n", status);
        fclose(file);
    }
    power_off();
}
