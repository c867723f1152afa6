/* SPDX-License-Identifier: MIT */
/* Where outputs may go and where not. Each refusal is one line that says how to mend it. */
#include "user/base/open.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

static char said[512];
static int said_lines;

static void hear(void *context, enum connspan_level level, const char *text)
{
    (void)context;
    (void)level;
    said_lines++;
    snprintf(said, sizeof(said), "%s", text);
}

static const struct cs_log log_to_test = {.fn = hear};

static int open_it(const char *path, unsigned mode, int *fd)
{
    *fd = -1;
    said_lines = 0;
    return cs_open_output(path, mode, &log_to_test, fd);
}

static void expect_refusal(const char *path, int error, const char *words)
{
    int fd;

    cr_expect_eq(open_it(path, 0600, &fd), error, "%s: %s", path, said);
    cr_expect_eq(fd, -1);
    cr_expect_eq(said_lines, 1);
    cr_expect_not_null(strstr(said, words), "%s", said);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

TestSuite(open, .fini = scratch_remove);

Test(open, creates_with_exactly_the_mode)
{
    int fd;

    umask(077);
    cr_assert_eq(open_it(scratch_path("a"), 0600, &fd), 0);
    cr_expect_eq(mode_of(scratch_path("a")), 0600);
    cr_assert_eq(open_it(scratch_path("b"), 0644, &fd), 0);
    cr_expect_eq(mode_of(scratch_path("b")), 0644);
    cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

Test(open, appends_to_a_file_and_leaves_its_mode)
{
    char *text;
    int fd;

    scratch_write("a", "old\n", 0640);
    cr_assert_eq(open_it(scratch_path("a"), 0600, &fd), 0);
    cr_expect_eq(write(fd, "new\n", 4), 4);
    text = scratch_read("a");
    cr_expect_str_eq(text, "old\nnew\n");
    cr_expect_eq(mode_of(scratch_path("a")), 0640);
    free(text);
}

Test(open, refuses_what_is_no_plain_file_of_ours)
{
    scratch_write("file", "", 0600);
    symlink(scratch_path("file"), scratch_path("link"));
    symlink(scratch_path("nowhere"), scratch_path("dangling"));
    link(scratch_path("file"), scratch_path("hard"));
    expect_refusal(scratch_path("link"), -ELOOP, "is a symbolic link: name the file");
    expect_refusal(scratch_path("dangling"), -ELOOP, "is a symbolic link");
    cr_expect_eq(access(scratch_path("nowhere"), F_OK), -1, "created through a link");
    expect_refusal(scratch_path("file"), -EPERM, "has 2 hard links: remove it");
    expect_refusal("/tmp", -EISDIR, "is a directory: name a file in it");
    expect_refusal(scratch_path("no/such/file"), -ENOENT, "directory does not exist");
}

Test(open, refuses_a_file_of_another_owner)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to give a file away");
    scratch_write("a", "", 0666);
    cr_assert_eq(chown(scratch_path("a"), 12345, 12345), 0);
    expect_refusal(scratch_path("a"), -EPERM, "belongs to user 12345: remove it");
}

Test(open, refuses_a_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", scratch_path("socket"));
    cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    expect_refusal(scratch_path("socket"), -ENOTSUP, "is a socket");
}

Test(open, takes_devices_and_fifos)
{
    int fd;

    mkfifo(scratch_path("fifo"), 0600);
    cr_expect_eq(open_it("/dev/null", 0600, &fd), 0, "%s", said);
    cr_expect_eq(open_it("/dev/full", 0600, &fd), 0, "%s", said);
    cr_expect_eq(open_it(scratch_path("fifo"), 0600, &fd), 0, "without a reader: %s", said);
}

static void expect_inherited(const char *path, int from)
{
    struct stat mine, theirs;
    int fd;

    cr_assert_eq(open_it(path, 0600, &fd), 0, "%s: %s", path, said);
    cr_expect_neq(fd, from, "not its own descriptor");
    fstat(from, &theirs);
    fstat(fd, &mine);
    cr_expect_eq(mine.st_ino, theirs.st_ino);
    close(fd);
}

Test(open, takes_descriptors_it_inherits)
{
    char path[32];
    int ends[2];

    scratch_capture(STDOUT_FILENO);
    expect_inherited("-", STDOUT_FILENO);
    expect_inherited("/dev/stdout", STDOUT_FILENO);
    pipe(ends);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    expect_inherited(path, ends[1]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
    expect_inherited(path, ends[1]);
    expect_refusal("/dev/fd/999", -EBADF, "/dev/fd/999: is not open for writing");
}

/* The shell and our children have the same description. */
Test(open, leaves_an_inherited_pipe_blocking)
{
    char path[32];
    int ends[2], fd;

    pipe(ends);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    cr_assert_eq(open_it(path, 0600, &fd), 0);
    cr_expect(fcntl(fd, F_GETFL) & O_NONBLOCK, "ours does not wait");
    cr_expect_not(fcntl(ends[1], F_GETFL) & O_NONBLOCK, "theirs does");
}
