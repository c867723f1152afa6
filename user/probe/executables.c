/* SPDX-License-Identifier: MIT */
/* A ring of slots, oldest reused first, and an index by pid. */
#include "user/probe/executables.h"

#include "include/wire/event.h"
#include "user/base/map.h"
#include "user/probe/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROCESSES = 32768 }; /* the kernel's default pid_max: all of a common host */

struct process {
    uint32_t pid;
    bool in_use;
    bool is_replaced;     /* exec was seen, the mapping of the new program not yet */
    bool was_asked;       /* /proc had its chance */
    uint64_t time_ns;     /* of the event that told */
    struct cs_path *path; /* NULL = unknown */
};

struct cs_executables {
    struct cs_map by_pid;
    struct cs_paths paths;
    uint32_t next; /* the slot to use or reuse: first in, first out */
    struct process slots[PROCESSES];
};

struct cs_executables *cs_executables_new(void)
{
    return calloc(1, sizeof(struct cs_executables)); /* pages come as they are used */
}

void cs_executables_free(struct cs_executables *executables)
{
    if (!executables)
        return;
    for (size_t i = 0; i < PROCESSES; i++)
        cs_paths_drop(&executables->paths, executables->slots[i].path);
    cs_paths_free(&executables->paths);
    cs_map_free(&executables->by_pid);
    free(executables);
}

static struct process *find(const struct cs_executables *executables, uint32_t pid)
{
    return cs_map_get(&executables->by_pid, pid);
}

/* The process's slot, made if there is none; NULL = no memory. */
static struct process *find_or_add(struct cs_executables *executables, uint32_t pid)
{
    struct process *process = find(executables, pid);

    if (process)
        return process;
    process = &executables->slots[executables->next];
    if (process->in_use) {
        cs_map_take(&executables->by_pid, process->pid);
        cs_paths_drop(&executables->paths, process->path);
    }
    *process = (struct process){.pid = pid};
    if (cs_map_put(&executables->by_pid, pid, process))
        return NULL;
    process->in_use = true;
    executables->next = (executables->next + 1) % PROCESSES;
    return process;
}

/* Takes over one use of `path`. */
static void set_path(struct cs_executables *executables, struct process *process,
                     struct cs_path *path)
{
    cs_paths_drop(&executables->paths, process->path);
    process->path = path;
}

/* Long paths are cut: 32 MB at most, if every process were hostile. */
static struct cs_path *take(struct cs_executables *executables, const char *path)
{
    char cut[CS_PATH_BYTES];

    snprintf(cut, sizeof(cut), "%.*s", CS_PATH_BYTES - 1, path);
    return cs_paths_take(&executables->paths, cut);
}

static void on_fork(struct cs_executables *executables, const struct cs_task_event *event)
{
    struct process *child = find_or_add(executables, event->pid), *parent;

    if (!child || event->time_ns < child->time_ns)
        return;
    parent = find(executables, event->parent); /* the child may have taken its slot */
    set_path(executables, child, parent ? cs_path_keep(parent->path) : NULL);
    child->is_replaced = false;
    child->was_asked = false;
    child->time_ns = event->time_ns;
}

static void on_exec(struct cs_executables *executables, const struct cs_task_event *event)
{
    struct process *process = find_or_add(executables, event->pid);

    if (!process || event->time_ns < process->time_ns)
        return;
    set_path(executables, process, NULL);
    process->is_replaced = true;
    process->was_asked = false;
    process->time_ns = event->time_ns;
}

/* binfmt_elf maps the program before its interpreter and before the vDSO. */
static void on_mmap(struct cs_executables *executables, const struct cs_task_event *event)
{
    struct process *process = find(executables, event->pid);

    if (!process || !process->is_replaced || event->mapping.path[0] != '/' ||
        event->mapping.path[1] == '/') /* "//enomem", "//toolong": the kernel could not tell */
        return;
    set_path(executables, process, take(executables, event->mapping.path));
    process->is_replaced = false;
}

void cs_executables_note(struct cs_executables *executables, const struct cs_task_event *event)
{
    if (event->kind == CS_TASK_FORK && event->pid != event->parent)
        on_fork(executables, event);
    else if (event->kind == CS_TASK_EXEC)
        on_exec(executables, event);
    else if (event->kind == CS_TASK_MMAP)
        on_mmap(executables, event);
}

static struct cs_path *ask_proc(struct cs_executables *executables, uint32_t pid)
{
    char link[32], path[PATH_MAX];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/%u/exe", pid);
    length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0)
        return NULL; /* it has ended, or is a kernel thread */
    path[length] = '\0';
    cs_mapping_cut_deleted(path);
    return take(executables, path);
}

const char *cs_executables_path(struct cs_executables *executables, uint32_t pid)
{
    struct process *process = find_or_add(executables, pid);

    if (!process)
        return NULL;
    if (!process->path && !process->was_asked) {
        process->was_asked = true;
        set_path(executables, process, ask_proc(executables, pid));
    }
    return process->path ? process->path->text : NULL;
}
