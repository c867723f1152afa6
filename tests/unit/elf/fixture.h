/* SPDX-License-Identifier: MIT */
/* Opens the fixtures that CMake built from fixture.c. */
#pragma once

#include "user/elf/image.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline struct cs_image open_fixture(const char *name)
{
    struct cs_image image = {0};
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/fixture-%s.so", FIXTURES, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert(fd >= 0, "%s", path);
    cr_assert_eq(cs_image_open(fd, path, NULL, &image), 0, "%s", path);
    return image;
}
