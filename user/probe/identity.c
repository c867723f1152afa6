/* SPDX-License-Identifier: MIT */
/* By numbers and by build id: an overlay does not tell which file it stands for. */
#include "user/probe/identity.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

int cs_identity_of(int fd, const struct cs_sites *sites, struct cs_identity *identity)
{
    struct stat status;
    struct statfs filesystem;

    if (fstat(fd, &status) || fstatfs(fd, &filesystem))
        return -errno;
    *identity = (struct cs_identity){
        .device = status.st_dev,
        .inode = status.st_ino,
        .bytes = (uint64_t)status.st_size,
        .build_id_bytes = sites->build_id_bytes,
        .on_overlay = filesystem.f_type == OVERLAYFS_SUPER_MAGIC,
    };
    memcpy(identity->build_id, sites->build_id, sizeof(identity->build_id));
    return 0;
}

/*
 * Snapshots and clones of a file system hold different inodes of one number and content: devices
 * that differ mean different files, unless an overlay is what makes them differ.
 */
bool cs_identity_is_same(const struct cs_identity *a, const struct cs_identity *b)
{
    if (a->inode != b->inode || a->bytes != b->bytes || a->build_id_bytes != b->build_id_bytes ||
        memcmp(a->build_id, b->build_id, a->build_id_bytes) != 0)
        return false;
    return a->device == b->device || a->on_overlay || b->on_overlay;
}
