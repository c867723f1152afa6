/* SPDX-License-Identifier: MIT */
/* Compresses a closed file beside itself (RFC 1952, by zlib). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/*
 * Writes path.gz, by way of path.gz.part, and removes `path` once the other is on the disk. 0,
 * -ECANCELED when `stop` became true, -ELOOP or -EPERM for what is not a file of ours, -errno;
 * `path` is untouched then.
 */
int cs_gzip_file(const char *path, const atomic_bool *stop);
