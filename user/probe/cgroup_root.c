/* SPDX-License-Identifier: MIT */
/* In order: init's own mount seen through /proc/1/root, a mount of ours, a detached one. */
#include "user/probe/cgroup_root.h"

#include "user/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { CGROUP_INIT_INODE = 0xeffffffb }; /* PROC_CGROUP_INIT_INO, linux/proc_ns.h */

/* mountinfo writes space, tab, newline and backslash as three octal digits. */
static void unescape(char *text)
{
    char *out = text;

    while (*text) {
        if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
            *out++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
            text += 4;
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
}

char *cs_cgroup_mount_point(char *line)
{
    char *fields[5], *rest = line, *type = strstr(line, " - ");

    if (!type || strncmp(type + 3, "cgroup2 ", 8) != 0)
        return NULL;
    *type = '\0';
    for (int i = 0; i < 5; i++) { /* id, parent, device, root, mount point */
        fields[i] = strsep(&rest, " ");
        if (!fields[i])
            return NULL;
    }
    if (strcmp(fields[3], "/") != 0)
        return NULL; /* a subtree only */
    unescape(fields[4]);
    return fields[4];
}

/* `root` is where the mount points of this mountinfo are to be found. */
static int open_mounted(const char *mountinfo, const char *root)
{
    cs_auto_free char *line = NULL;
    FILE *file = fopen(mountinfo, "re");
    size_t room = 0;
    int fd = -ENOENT;

    if (!file)
        return -errno;
    while (fd < 0 && getline(&line, &room, file) > 0) {
        char *point = cs_cgroup_mount_point(line);
        char path[PATH_MAX];

        if (!point || snprintf(path, sizeof(path), "%s%s", root, point) >= (int)sizeof(path))
            continue;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            fd = -errno;
    }
    fclose(file);
    return fd;
}

/* v1-only hosts: a mount that is attached nowhere (Linux 5.2). */
static int open_detached(void)
{
    cs_auto_fd int context = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
    cs_auto_fd int mount = -1;
    int fd;

    if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        return -errno;
    mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    if (mount < 0)
        return -errno;
    fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the mount's own is O_PATH */
    return fd < 0 ? -errno : fd;
}

static bool is_init_namespace(const char *link)
{
    struct stat status;

    return stat(link, &status) == 0 && status.st_ino == CGROUP_INIT_INODE;
}

int cs_cgroup_root_open(const struct cs_log *log, bool *is_partial)
{
    bool is_ours = is_init_namespace("/proc/self/ns/cgroup");
    int fd = -ENOENT;

    if (!is_ours && is_init_namespace("/proc/1/ns/cgroup")) {
        fd = open_mounted("/proc/1/mountinfo", "/proc/1/root");
        if (fd >= 0) {
            *is_partial = false;
            return fd;
        }
    }
    fd = open_mounted("/proc/self/mountinfo", "");
    if (fd < 0)
        fd = open_detached();
    if (fd < 0)
        return cs_fail(log, fd, "no cgroup v2 hierarchy can be had: %s", strerror(-fd));
    *is_partial = !is_ours;
    return fd;
}
