/* SPDX-License-Identifier: MIT */
/* Lines of mountinfo: only the whole v2 hierarchy will do. */
#include "user/probe/cgroup_root.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void expect_point(const char *line, const char *point)
{
    char copy[512];
    const char *found;

    snprintf(copy, sizeof(copy), "%s", line);
    found = cs_cgroup_mount_point(copy);
    cr_expect_str_eq(found ? found : "(none)", point ? point : "(none)", "%s", line);
}

Test(cgroup_root, finds_the_whole_hierarchy_only)
{
    expect_point("41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
                 "/sys/fs/cgroup/unified");
    expect_point("41 31 0:38 / /sys/fs/cgroup rw shared:9 master:1 - cgroup2 none rw,nsdelegate\n",
                 "/sys/fs/cgroup");
    expect_point("41 31 0:38 / /mnt/a\\040b\\134c rw - cgroup2 none rw\n", "/mnt/a b\\c");
    expect_point("41 31 0:38 / /mnt/a\\4 rw - cgroup2 none rw\n", "/mnt/a\\4");
    expect_point("41 31 0:38 / \\1 - cgroup2 none rw\n", "\\1");
    expect_point("41 31 0:38 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL);
    expect_point("41 31 0:38 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", NULL);
    expect_point("41 31 0:38 / /mnt rw - ext4 /dev/cgroup2 rw\n", NULL);
    expect_point("41 31 - cgroup2 none rw\n", NULL);
    expect_point("", NULL);
}
