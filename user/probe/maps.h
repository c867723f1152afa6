/* SPDX-License-Identifier: MIT */
/*
 * Which files processes have mapped executable: lines of /proc/PID/maps (proc(5)), and opening the
 * file behind a mapping even if it was deleted or lies in another mount namespace. What kind of
 * file it is, is not looked at here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cs_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t offset; /* in the file */
    uint64_t inode;  /* 0 = no file */
    uint32_t major;  /* of the device as the kernel shows it: an overlay's or its layer's */
    uint32_t minor;
    uint64_t generation; /* of the inode, whose number is used again; 0 = not told, as in proc(5) */
    bool executable;
    bool deleted;
    const char *path; /* as the process sees it; borrowed */
};

/* Takes a line without its newline apart, in place. 0 or -EINVAL. */
int cs_mapping_parse(char *line, struct cs_mapping *mapping);

/* Cuts the kernel's " (deleted)" off a path; was it there? */
bool cs_mapping_cut_deleted(char *path);

/* One key for the file of a mapping. */
uint64_t cs_mapping_file(const struct cs_mapping *mapping);

/*
 * A regular file, to be read, or -errno: -EMEDIUMTYPE, it is none; -ESTALE, another inode (0: any).
 * Through O_PATH first: to open a device, a FIFO or a socket can have effects of its own.
 */
int cs_open_regular(const char *path, uint64_t inode);

/* A read-only fd of the very file, or -errno: -ENOENT, -ESTALE, -EMEDIUMTYPE (no regular file). */
int cs_mapping_open(pid_t pid, const struct cs_mapping *mapping);

typedef void (*cs_mapping_fn)(void *context, pid_t pid, const struct cs_mapping *mapping);

/* Has the process this file (a cs_mapping_file) mapped executable? */
bool cs_maps_has(pid_t pid, uint64_t file);

/* Every file that any process has mapped executable, once each. 0 or -errno (no /proc). */
int cs_maps_scan(cs_mapping_fn fn, void *context);
