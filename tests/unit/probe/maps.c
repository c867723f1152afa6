/* SPDX-License-Identifier: MIT */
/* Lines as proc(5) has them, and opening files of this very process. */
#include "user/probe/maps.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cs_mapping parse(const char *line)
{
    static char copy[8192];
    struct cs_mapping mapping = {0};

    snprintf(copy, sizeof(copy), "%s", line);
    cr_assert_eq(cs_mapping_parse(copy, &mapping), 0, "%s", line);
    return mapping;
}

Test(maps, parses_a_library)
{
    struct cs_mapping mapping = parse("7f2a1c021000-7f2a1c07d000 r-xp 00021000 fd:10 1443218       "
                                      "             /usr/lib/x86_64-linux-gnu/libssl.so.3");

    cr_expect_eq(mapping.start, 0x7f2a1c021000);
    cr_expect_eq(mapping.end, 0x7f2a1c07d000);
    cr_expect_eq(mapping.offset, 0x21000);
    cr_expect_eq(mapping.major, 0xfd);
    cr_expect_eq(mapping.minor, 0x10);
    cr_expect_eq(mapping.inode, 1443218);
    cr_expect(mapping.executable);
    cr_expect_not(mapping.deleted);
    cr_expect_str_eq(mapping.path, "/usr/lib/x86_64-linux-gnu/libssl.so.3");
}

Test(maps, parses_what_is_no_file)
{
    struct cs_mapping mapping = parse("7ffd1000-7ffd2000 rw-p 00000000 00:00 0 ");

    cr_expect_eq(mapping.inode, 0);
    cr_expect_not(mapping.executable);
    cr_expect_str_eq(mapping.path, "");
    cr_expect_str_eq(parse("1000-2000 r-xp 00000000 00:00 0   [vdso]").path, "[vdso]");
}

Test(maps, marks_the_deleted_and_keeps_odd_names)
{
    struct cs_mapping mapping = parse("1000-2000 r-xp 0 08:01 7 /tmp/a b\\012c (deleted)");

    cr_expect(mapping.deleted);
    cr_expect_str_eq(mapping.path, "/tmp/a b\nc");
    cr_expect_str_eq(parse("1000-2000 r-xp 0 08:01 7 /x\\134\\01").path, "/x\\134\\01",
                     "only newlines are escaped");
    mapping = parse("1000-2000 r-xp 0 08:01 7 (deleted)");
    cr_expect_not(mapping.deleted, "that is all of its name");
}

Test(maps, refuses_what_is_no_line)
{
    static const char *const lines[] = {
        "",
        "x",
        "1000-2000",
        "1000-2000 r-xp 0 08:01",
        "2000-1000 r-xp 0 08:01 7 /backwards",
        "1000-2000 rx 0 08:01 7 /short",
        "1000 2000 r-xp 0 08:01 7 /gap",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct cs_mapping mapping = {.inode = 42};
        char copy[128];

        snprintf(copy, sizeof(copy), "%s", lines[i]);
        cr_expect_eq(cs_mapping_parse(copy, &mapping), -EINVAL, "%s", lines[i]);
        cr_expect_eq(mapping.inode, 42, "untouched on failure");
    }
}

static struct cs_mapping a, b, c;

Test(maps, tells_files_apart)
{
    a = parse("1000-2000 r-xp 0 08:01 7 /a");
    b = parse("5000-6000 r-xp 9000 08:01 7 /same");
    c = parse("1000-2000 r-xp 0 08:02 7 /other/device");
    cr_expect_eq(cs_mapping_file(&a), cs_mapping_file(&b));
    cr_expect_neq(cs_mapping_file(&a), cs_mapping_file(&c));
}

/* The calling program's own first executable file mapping, and how often the scan told of it. */
struct self {
    struct cs_mapping mapping;
    char path[4096];
    int others;
    int twice;
};

static void find_self(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    struct self *self = context;
    struct stat status;

    (void)pid;
    cr_assert_eq(stat("/proc/self/exe", &status), 0);
    if (mapping->inode != status.st_ino || strcmp(mapping->path, self->path) != 0) {
        self->others++;
        return;
    }
    self->twice += self->mapping.inode != 0;
    self->mapping = *mapping;
}

Test(maps, scans_and_opens_this_program)
{
    struct self self = {0};
    ssize_t length = readlink("/proc/self/exe", self.path, sizeof(self.path) - 1);
    struct stat opened, real;
    int fd;

    cr_assert_gt(length, 0);
    cr_assert_eq(cs_maps_scan(find_self, &self), 0);
    cr_assert_neq(self.mapping.inode, 0);
    cr_expect_eq(self.twice, 0, "each file once");
    cr_expect_gt(self.others, 0, "libc at least");
    self.mapping.path = self.path;
    self.mapping.start = 0; /* no such entry in map_files: by path */
    fd = cs_mapping_open(getpid(), &self.mapping);
    cr_assert_geq(fd, 0);
    cr_assert(!fstat(fd, &opened) && !stat("/proc/self/exe", &real));
    cr_expect_eq(opened.st_ino, real.st_ino);
}

Test(maps, opens_nothing_else)
{
    struct cs_mapping mapping = {.start = 0, .end = 1, .inode = 1, .path = "/proc/self/exe"};

    cr_expect_eq(cs_mapping_open(getpid(), &mapping), -ESTALE, "another file has its path now");
    mapping = (struct cs_mapping){.path = "/dev/null"};
    cr_expect_eq(cs_mapping_open(getpid(), &mapping), -EMEDIUMTYPE, "a device");
    mapping = (struct cs_mapping){.path = "/nowhere/at/all"};
    cr_expect_eq(cs_mapping_open(getpid(), &mapping), -ENOENT);
    mapping = (struct cs_mapping){.path = "relative"};
    cr_expect_lt(cs_mapping_open(getpid(), &mapping), 0);
}
