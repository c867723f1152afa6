/* SPDX-License-Identifier: MIT */
/* Reading and opening. Whatever a container put at a path, only regular files are opened. */
#include "user/probe/maps.h"

#include "user/base/cleanup.h"
#include "user/base/map.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char deleted_mark[] = " (deleted)";

/* The kernel writes a newline in a path as \012, and leaves everything else alone. */
static void unescape(char *path)
{
    char *out = path;

    while (*path) {
        if (!strncmp(path, "\\012", 4)) {
            *out++ = '\n';
            path += 4;
        } else {
            *out++ = *path++;
        }
    }
    *out = '\0';
}

bool cs_mapping_cut_deleted(char *path)
{
    size_t length = strlen(path), mark = sizeof(deleted_mark) - 1;

    if (length < mark || strcmp(path + length - mark, deleted_mark) != 0)
        return false;
    path[length - mark] = '\0';
    return true;
}

int cs_mapping_parse(char *line, struct cs_mapping *mapping)
{
    struct cs_mapping read = {0};
    char rights[5] = "";
    int used = 0;

    if (sscanf(line,
               "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %" SCNx32 ":%" SCNx32 " %" SCNu64 "%n",
               &read.start, &read.end, rights, &read.offset, &read.major, &read.minor, &read.inode,
               &used) != 7 ||
        read.end <= read.start || strlen(rights) != 4)
        return -EINVAL;
    line += used;
    line += strspn(line, " ");
    unescape(line);
    read.deleted = cs_mapping_cut_deleted(line);
    read.executable = rights[2] == 'x';
    read.path = line;
    *mapping = read;
    return 0;
}

uint64_t cs_mapping_file(const struct cs_mapping *mapping)
{
    uint64_t device = (uint64_t)mapping->major << 32 | mapping->minor;

    /* Inode numbers of 64 bits are rare: in practice no two files meet. */
    return mapping->inode ^ device * 0x9e3779b97f4a7c15ULL;
}

int cs_open_regular(const char *path, uint64_t inode)
{
    cs_auto_fd int handle = open(path, O_PATH | O_CLOEXEC);
    char again[32];
    struct stat status;
    int fd;

    if (handle < 0 || fstat(handle, &status))
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EMEDIUMTYPE;
    if (inode && status.st_ino != inode)
        return -ESTALE;
    snprintf(again, sizeof(again), "/proc/self/fd/%d", handle);
    fd = open(again, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cs_mapping_open(pid_t pid, const struct cs_mapping *mapping)
{
    char path[PATH_MAX + 64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start,
             mapping->end);
    fd = cs_open_regular(path, 0); /* the kernel's own link: it is the file, whatever its number */
    if (fd >= 0 || fd == -EMEDIUMTYPE || mapping->path[0] != '/')
        return fd;
    snprintf(path, sizeof(path), "/proc/%d/root%s", pid, mapping->path);
    fd = cs_open_regular(path, mapping->inode);
    if (fd >= 0)
        return fd;
    return cs_open_regular(mapping->path, mapping->inode); /* the process is gone */
}

/* Calls `fn` for every executable mapping of a file, until it returns false. */
static void read_maps(pid_t pid, bool (*fn)(void *context, pid_t pid, const struct cs_mapping *),
                      void *context)
{
    cs_auto_free char *line = NULL;
    char path[32];
    size_t room = 0;
    ssize_t length;
    FILE *maps;
    bool more = true;

    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    maps = fopen(path, "re");
    if (!maps)
        return; /* it has ended, or is a kernel thread of another namespace */
    while (more && (length = getline(&line, &room, maps)) > 0) {
        struct cs_mapping mapping;

        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (!cs_mapping_parse(line, &mapping) && mapping.executable && mapping.inode)
            more = fn(context, pid, &mapping);
    }
    fclose(maps);
}

struct search {
    uint64_t file;
    bool found;
};

static bool compare(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    struct search *search = context;

    (void)pid;
    search->found = cs_mapping_file(mapping) == search->file;
    return !search->found;
}

bool cs_maps_has(pid_t pid, uint64_t file)
{
    struct search search = {.file = file};

    read_maps(pid, compare, &search);
    return search.found;
}

struct scan {
    struct cs_map seen;
    cs_mapping_fn fn;
    void *context;
};

static bool hand_over(void *context, pid_t pid, const struct cs_mapping *mapping)
{
    static char mark; /* the set's values say nothing */
    struct scan *scan = context;
    uint64_t file = cs_mapping_file(mapping);

    if (!cs_map_get(&scan->seen, file) && !cs_map_put(&scan->seen, file, &mark))
        scan->fn(scan->context, pid, mapping);
    return true;
}

int cs_maps_scan(cs_mapping_fn fn, void *context)
{
    struct scan scan = {.fn = fn, .context = context};
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    if (!proc)
        return -errno;
    while ((entry = readdir(proc))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            read_maps(atoi(entry->d_name), hand_over, &scan);
    }
    closedir(proc);
    cs_map_free(&scan.seen);
    return 0;
}
