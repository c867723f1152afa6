/* SPDX-License-Identifier: MIT */
/*
 * Child and parent hold one end each of two pipes: "start", which the child reads, and "failure",
 * which it writes and which a successful exec closes. The child stays in our process group: the
 * terminal's foreground and its signals reach it as if it had been typed alone.
 */
#include "user/cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/cli/exit.h"

struct failure {
    int error;
    bool at_user; /* while becoming the user, not while executing */
};

enum { READ_END, WRITE_END };

static int become(const struct passwd *account)
{
    if (initgroups(account->pw_name, account->pw_gid) || setgid(account->pw_gid) ||
        setuid(account->pw_uid))
        return -1;
    if (setenv("HOME", account->pw_dir, 1) || setenv("USER", account->pw_name, 1))
        return -1;
    return setenv("LOGNAME", account->pw_name, 1);
}

static _Noreturn void run_child(char *const *argv, const struct passwd *account, int start_fd,
                                int failure_fd)
{
    struct failure failure = {0};
    char go;

    if (read(start_fd, &go, 1) != 1)
        _exit(CS_EXIT_OK); /* cancelled, or our parent died */
    failure.at_user = account && become(account);
    if (!failure.at_user)
        execvp(argv[0], argv);
    failure.error = errno;
    if (write(failure_fd, &failure, sizeof(failure)) < 0)
        _exit(CS_EXIT_NOT_EXECUTABLE); /* the parent is gone: nobody to tell */
    _exit(CS_EXIT_NOT_FOUND);
}

static void close_pipe(const int ends[2])
{
    close(ends[READ_END]);
    close(ends[WRITE_END]);
}

static int open_pipes(int start[2], int failure[2])
{
    int error;

    if (pipe2(start, O_CLOEXEC))
        return -errno;
    if (!pipe2(failure, O_CLOEXEC))
        return 0;
    error = errno;
    close_pipe(start);
    return -error;
}

static int fork_waiting(struct cs_command *command, char *const *argv, const struct passwd *account)
{
    int start[2] = {-1, -1}, failure[2] = {-1, -1};
    int err = open_pipes(start, failure);

    if (err)
        return err;
    command->pid = fork();
    if (command->pid < 0) {
        err = -errno;
        close_pipe(start);
        close_pipe(failure);
        return err;
    }
    if (!command->pid) {
        close(start[WRITE_END]);
        close(failure[READ_END]);
        run_child(argv, account, start[READ_END], failure[WRITE_END]);
    }
    close(start[READ_END]);
    close(failure[WRITE_END]);
    command->start_fd = start[WRITE_END];
    command->failure_fd = failure[READ_END];
    return 0;
}

int cs_command_fork(struct cs_command *command, char *const *argv, const char *user,
                    struct cs_console *console)
{
    const struct passwd *account = user ? getpwnam(user) : NULL;
    struct cs_command forked = {.pidfd = -1};
    int err;

    if (user && !account) {
        cs_console_fail(console, "record: --user: no user '%s' on this host", user);
        return -EINVAL;
    }
    err = fork_waiting(&forked, argv, account);
    if (err) {
        cs_console_fail(console, "record: cannot fork for '%s': %s", argv[0], strerror(-err));
        return err;
    }
    forked.pidfd = (int)syscall(SYS_pidfd_open, forked.pid, 0); /* Linux 5.3; sets CLOEXEC */
    if (forked.pidfd < 0) {
        err = -errno;
        cs_console_fail(console, "record: cannot watch '%s': %s", argv[0], strerror(-err));
        cs_command_cancel(&forked);
        return err;
    }
    *command = forked;
    return 0;
}

static int explain(const struct failure *failure, const char *name, struct cs_console *console)
{
    bool is_path = strchr(name, '/') != NULL;

    if (failure->at_user) {
        cs_console_fail(console, "record: cannot run '%s' as that user: %s (are you root?)", name,
                        strerror(failure->error));
        return CS_EXIT_NOT_EXECUTABLE;
    }
    if (failure->error == ENOENT && is_path && !access(name, F_OK)) {
        cs_console_fail(console, "record: cannot execute '%s': the interpreter it names is missing",
                        name);
        return CS_EXIT_NOT_EXECUTABLE;
    }
    if (failure->error == ENOENT) {
        cs_console_fail(console, "record: command not found: '%s' (%s)", name,
                        is_path ? "no such file" : "no such file in PATH");
        return CS_EXIT_NOT_FOUND;
    }
    cs_console_fail(console, "record: cannot execute '%s': %s%s", name, strerror(failure->error),
                    failure->error == EACCES ? " (is it a program, and executable?)" : "");
    return CS_EXIT_NOT_EXECUTABLE;
}

int cs_command_start(struct cs_command *command, const char *name, struct cs_console *console)
{
    struct failure failure;
    ssize_t length;

    if (write(command->start_fd, "", 1) != 1) {
        cs_console_fail(console, "record: '%s' was killed before it could start", name);
        cs_command_cancel(command);
        return CS_EXIT_NOT_EXECUTABLE;
    }
    do {
        length = read(command->failure_fd, &failure, sizeof(failure));
    } while (length < 0 && errno == EINTR);
    if (length == (ssize_t)sizeof(failure)) {
        cs_command_cancel(command);
        return explain(&failure, name, console);
    }
    close(command->failure_fd);
    close(command->start_fd);
    command->failure_fd = command->start_fd = -1;
    return CS_EXIT_OK;
}

void cs_command_cancel(struct cs_command *command)
{
    if (!command->pid)
        return;
    close(command->start_fd);
    close(command->failure_fd);
    command->start_fd = command->failure_fd = -1;
    cs_command_reap(command);
}

int cs_command_reap(struct cs_command *command)
{
    pid_t pid;
    int status = 0;

    do {
        pid = waitpid(command->pid, &status, 0);
    } while (pid < 0 && errno == EINTR);
    if (command->pidfd >= 0)
        close(command->pidfd);
    *command = (struct cs_command){.pidfd = -1, .start_fd = -1, .failure_fd = -1};
    if (pid < 0)
        return CS_EXIT_FAILED;
    return WIFSIGNALED(status) ? CS_EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}
