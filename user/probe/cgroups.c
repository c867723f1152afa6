/* SPDX-License-Identifier: MIT */
/* Ids are file handles (open_by_handle_at(2)); paths come from /proc/self/fd. */
#include "user/probe/cgroups.h"

#include "user/base/map.h"
#include "user/probe/cgroup_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KERNFS_HANDLE = 0xfe, /* FILEID_KERNFS, Linux 5.5: the handle is the id itself */
    CACHED = 4096,        /* paths remembered; then all are forgotten at once */
};

struct cs_cgroups {
    int root_fd;
    bool is_partial;
    struct cs_map paths; /* id -> malloc'ed text; "" = gone */
    char root_path[PATH_MAX];
};

struct kernfs_handle {
    struct file_handle head;
    uint64_t id;
};

static int path_of_fd(int fd, char path[PATH_MAX])
{
    char link[32];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return -errno;
    path[length] = '\0';
    return 0;
}

int cs_cgroups_open(const struct cs_log *log, struct cs_cgroups **cgroups)
{
    struct cs_cgroups *made = calloc(1, sizeof(*made));
    int err = 0;

    if (!made)
        return cs_fail(log, -ENOMEM, "no memory for cgroups");
    made->root_fd = cs_cgroup_root_open(log, &made->is_partial);
    if (made->root_fd < 0)
        err = made->root_fd;
    else if (path_of_fd(made->root_fd, made->root_path))
        err = cs_fail(log, -ENOENT, "/proc is not mounted");
    if (err) {
        cs_cgroups_close(made);
        return err;
    }
    if (!strcmp(made->root_path, "/"))
        made->root_path[0] = '\0'; /* a mount attached nowhere */
    *cgroups = made;
    return 0;
}

static void forget(struct cs_cgroups *cgroups)
{
    for (size_t i = 0; cgroups->paths.slots && i <= cgroups->paths.mask; i++)
        free(cgroups->paths.slots[i].value);
    cs_map_free(&cgroups->paths);
    cgroups->paths = (struct cs_map){0};
}

void cs_cgroups_close(struct cs_cgroups *cgroups)
{
    if (!cgroups)
        return;
    forget(cgroups);
    if (cgroups->root_fd >= 0)
        close(cgroups->root_fd);
    free(cgroups);
}

int cs_cgroups_root(const struct cs_cgroups *cgroups)
{
    return cgroups->root_fd;
}

bool cs_cgroups_is_partial(const struct cs_cgroups *cgroups)
{
    return cgroups->is_partial;
}

/* The path below the root, in `path`; false = gone. */
static bool look_up(const struct cs_cgroups *cgroups, uint64_t id, char path[PATH_MAX])
{
    struct kernfs_handle handle = {{sizeof(id), KERNFS_HANDLE}, id};
    size_t prefix = strlen(cgroups->root_path);
    int fd = open_by_handle_at(cgroups->root_fd, &handle.head, O_PATH | O_CLOEXEC), err;

    if (fd < 0)
        return false;
    err = path_of_fd(fd, path);
    close(fd);
    if (err || strncmp(path, cgroups->root_path, prefix) != 0)
        return false;
    memmove(path, path + prefix, strlen(path + prefix) + 1);
    if (!path[0])
        strcpy(path, "/");
    return true;
}

const char *cs_cgroups_path(struct cs_cgroups *cgroups, uint64_t id)
{
    char *known = cs_map_get(&cgroups->paths, id);

    if (!known) {
        char path[PATH_MAX];

        if (cgroups->paths.count >= CACHED)
            forget(cgroups);
        known = strdup(look_up(cgroups, id, path) ? path : "");
        if (!known || cs_map_put(&cgroups->paths, id, known)) {
            free(known);
            return NULL;
        }
    }
    return known[0] ? known : NULL;
}

int cs_cgroups_id(const struct cs_cgroups *cgroups, const char *path, uint64_t *id)
{
    struct kernfs_handle handle = {.head.handle_bytes = sizeof(handle.id)};
    size_t prefix = strlen(cgroups->root_path);
    int mount;

    if (prefix && !strncmp(path, cgroups->root_path, prefix) &&
        (path[prefix] == '/' || !path[prefix]))
        path += prefix;
    path += strspn(path, "/");
    if (name_to_handle_at(cgroups->root_fd, path, &handle.head, &mount,
                          path[0] ? 0 : AT_EMPTY_PATH))
        return -errno;
    *id = handle.id;
    return 0;
}
