/* SPDX-License-Identifier: MIT */
/* The first page is enough: what is asked is the file. */
#include "tests/harness/mapped.h"

#include "tests/harness/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

void mapped_copy(struct mapped_file *file, int number, const char *fixture)
{
    static uint64_t generation;
    static char bytes[1 << 16];
    char from[4096], name[16];
    FILE *in, *out;
    size_t length;

    snprintf(from, sizeof(from), "%s/fixture-%s.so", FIXTURES, fixture);
    snprintf(name, sizeof(name), "%d.so", number);
    snprintf(file->path, sizeof(file->path), "%s", scratch_path(name));
    in = fopen(from, "re");
    out = fopen(file->path, "we");
    cr_assert(in && out, "%s", from);
    while ((length = fread(bytes, 1, sizeof(bytes), in)) > 0)
        cr_assert_eq(fwrite(bytes, 1, length, out), length);
    fclose(in);
    cr_assert_eq(fclose(out), 0);
    file->generation = ++generation;
}

struct cs_mapping mapped_map(struct mapped_file *file)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    struct cs_mapping mapping = {.executable = true, .path = file->path};

    cr_assert(fd >= 0 && !fstat(fd, &status));
    if (!file->address)
        file->address = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    close(fd);
    cr_assert_neq(file->address, MAP_FAILED);
    mapping.start = (uintptr_t)file->address;
    mapping.end = mapping.start + PAGE_BYTES;
    mapping.inode = status.st_ino;
    mapping.major = major(status.st_dev);
    mapping.minor = minor(status.st_dev);
    mapping.generation = file->generation;
    return mapping;
}

void mapped_unmap(struct mapped_file *file)
{
    munmap(file->address, PAGE_BYTES);
    file->address = NULL;
}
