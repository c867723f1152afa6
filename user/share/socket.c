/* SPDX-License-Identifier: MIT */
/*
 * Before bind(2) the mode is that of the socket itself, which the file takes over
 * (net/unix/af_unix.c, unix_bind_bsd): nobody can connect before the file has its group and its
 * mode.
 */
#include "user/share/socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/base/cleanup.h"
#include "user/share/protocol.h"

enum { DEFAULT_MODE = 0666 };

static int make_address(const char *path, const struct cs_log *log, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!*path || strlen(path) >= sizeof(address->sun_path))
        return cs_fail(log, -ENAMETOOLONG, "%s: a socket's path has 1 to %zu bytes", path,
                       sizeof(address->sun_path) - 1);
    strcpy(address->sun_path, path);
    return 0;
}

static int connect_to(const struct sockaddr_un *address, int patience_s, int *fd)
{
    struct timeval patience = {.tv_sec = patience_s};
    cs_auto_fd int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (made < 0)
        return -errno;
    setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(made, (const struct sockaddr *)address, sizeof(*address)))
        return -errno;
    *fd = cs_take_fd(&made);
    return 0;
}

static int describe(const struct cs_log *log, const char *path, int err)
{
    if (err == -ENOENT || err == -ECONNREFUSED || err == -ENOTDIR)
        return cs_fail(log, err, "%s: no tracer listens there: start connspan record --listen %s",
                       path, path);
    if (err == -EACCES || err == -EPERM)
        return cs_fail(log, -EACCES,
                       "%s: you may not connect: see --listen-mode and --listen-group", path);
    return cs_fail(log, err, "%s: %s", path, strerror(-err));
}

int cs_socket_connect(const char *path, int patience_s, const struct cs_log *log, int *fd)
{
    struct sockaddr_un address;
    int err = make_address(path, log, &address);

    if (err)
        return err;
    err = connect_to(&address, patience_s, fd);
    return err ? describe(log, path, err) : 0;
}

/* What a tracer that was killed left behind goes; nothing else does. */
static int clear_way(const struct sockaddr_un *address, const struct cs_log *log)
{
    const char *path = address->sun_path;
    cs_auto_fd int fd = -1;
    struct stat found;
    int err;

    if (lstat(path, &found))
        return 0; /* bind says what is wrong, if anything is */
    if (!S_ISSOCK(found.st_mode) || found.st_uid != geteuid())
        return cs_fail(log, -EEXIST, "%s: there is something else, which is left alone", path);
    err = connect_to(address, 1, &fd);
    if (err != -ECONNREFUSED)
        return cs_fail(log, -EADDRINUSE, "%s: another tracer listens there", path);
    if (unlink(path))
        return cs_fail(log, -errno, "%s: cannot be replaced: %s", path, strerror(errno));
    return 0;
}

static int find_group(const char *name, const struct cs_log *log, gid_t *gid)
{
    char *end, room[16384];
    unsigned long number = strtoul(name, &end, 10);
    struct group group, *found = NULL;
    int err;

    *gid = (gid_t)number;
    if (end != name && !*end && number < (gid_t)-1)
        return 0;
    err = getgrnam_r(name, &group, room, sizeof(room), &found);
    if (err)
        return cs_fail(log, -err, "%s: the group cannot be looked up: %s", name, strerror(err));
    if (!found)
        return cs_fail(log, -EINVAL, "%s: there is no such group", name);
    *gid = found->gr_gid;
    return 0;
}

static int bind_socket(const struct sockaddr_un *address,
                       const struct connspan_listener_options *options, gid_t gid, int fd)
{
    mode_t mode = options->mode ? options->mode : DEFAULT_MODE;

    if (fd < 0 || fchmod(fd, 0600))
        return -errno;
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
        return -errno;
    if (lchown(address->sun_path, (uid_t)-1, gid) || chmod(address->sun_path, mode) ||
        listen(fd, CS_PEERS)) {
        int err = -errno;

        unlink(address->sun_path);
        return err;
    }
    return 0;
}

int cs_socket_listen(struct cs_socket *made, const struct connspan_listener_options *options,
                     const struct cs_log *log)
{
    gid_t gid = (gid_t)-1;
    struct sockaddr_un address;
    struct stat info = {0};
    int err = make_address(options->path, log, &address);

    if (!err && options->group)
        err = find_group(options->group, log, &gid);
    if (!err)
        err = clear_way(&address, log);
    if (err)
        return err;
    made->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    err = bind_socket(&address, options, gid, made->fd);
    if (err) {
        cs_close_at(&made->fd);
        return cs_fail(log, err, "%s: cannot listen there: %s", options->path, strerror(-err));
    }
    strcpy(made->path, address.sun_path);
    lstat(made->path, &info);
    made->device = info.st_dev;
    made->inode = info.st_ino;
    return 0;
}

void cs_socket_close(struct cs_socket *made)
{
    struct stat now;

    if (made->fd < 0)
        return;
    if (!lstat(made->path, &now) && now.st_dev == made->device && now.st_ino == made->inode)
        unlink(made->path);
    close(made->fd);
    made->fd = -1;
}
