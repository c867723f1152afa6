/* SPDX-License-Identifier: MIT */
/*
 * What user/probe does with a real kernel, one part after the other, without connspan around it:
 * both ways to attach a uprobe, the watch, names of processes and of cgroups. Exit status 77 with a
 * reason where the kernel does not let us.
 */
#include "user/elf/image.h"
#include "user/probe/cgroups.h"
#include "user/probe/executables.h"
#include "user/probe/uprobe.h"
#include "user/probe/uprobe_check.h"
#include "user/probe/watch.h"

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 5, SKIPPED = 77 };

static void say(void *context, enum connspan_level level, const char *text)
{
    (void)context, (void)level;
    fprintf(stderr, "  %s\n", text);
}

static const struct cs_log log_to_stderr = {.fn = say};
static int failures;

static void expect(bool holds, const char *what)
{
    printf("%s: %s\n", holds ? "ok" : "NOT OK", what);
    failures += !holds;
}

__attribute__((noinline)) static int traced(int value)
{
    __asm__ volatile("" : "+r"(value));
    return value + 1;
}

/* Counts its calls in element 0 of a map. */
static int load_counter(int map, bool is_multi)
{
    struct bpf_insn code[] = {
        {.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = BPF_REG_1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = map},
        {0},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW,
         .dst_reg = BPF_REG_0,
         .src_reg = BPF_REG_1,
         .imm = BPF_ADD},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options);

    if (is_multi)
        options.expected_attach_type = (enum bpf_attach_type)CS_TRACE_UPROBE_MULTI;
    return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "count", "GPL", code, sizeof(code) / sizeof(*code),
                         &options);
}

/* How often the program ran for CALLS calls; negative: it could not be attached. */
static long count_hits(bool is_multi, bool is_return)
{
    int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "hits", sizeof(__u32), sizeof(__u64), 1, NULL);
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), link;
    __u64 hits = 0, offset;
    __u32 first = 0;
    struct cs_image image;
    Dl_info info;
    struct cs_uprobe uprobe = {.program_fd = load_counter(map, is_multi),
                               .file_fd = file,
                               .offsets = &offset,
                               .count = 1,
                               .is_return = is_return};

    if (!dladdr((void *)(uintptr_t)traced, &info))
        return -ENOENT;
    if (cs_image_open(file, "self", &log_to_stderr, &image))
        return -ENOEXEC;
    offset = cs_image_code_offset(&image, (uintptr_t)traced - (uintptr_t)info.dli_fbase);
    link = is_multi ? cs_uprobe_attach_multi(&uprobe) : cs_uprobe_attach_perf(&uprobe, 0);
    for (int i = 0; link >= 0 && i < CALLS; i++)
        traced(i);
    bpf_map_lookup_elem(map, &first, &hits);
    if (link >= 0)
        cs_uprobe_detach(&link, 1);
    traced(0);
    bpf_map_lookup_elem(map, &first, &hits);
    close(uprobe.program_fd);
    close(map);
    close(file);
    return link < 0 ? link : (long)hits;
}

static void check_uprobes(void)
{
    bool has_multi = cs_uprobe_multi_supported();

    printf("uprobe_multi %s\n", has_multi ? "works" : "is not supported");
    expect(count_hits(false, false) == CALLS, "perf entry: each call once, none once detached");
    expect(count_hits(false, true) == CALLS, "perf return");
    if (has_multi) {
        expect(count_hits(true, false) == CALLS, "multi entry");
        expect(count_hits(true, true) == CALLS, "multi return");
    }
    printf("return probes are %s\n", cs_uretprobe_is_safe(has_multi) ? "safe" : "deadly here");
    expect(waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD, "no child is left behind");
}

static void note(void *context, const struct cs_task_event *event)
{
    cs_executables_note(context, event);
}

static void check_watch(void)
{
    struct cs_executables *executables = cs_executables_new();
    struct cs_watch *watch;
    const char *path;
    pid_t child;

    if (!executables || cs_watch_open(note, executables, &log_to_stderr, &watch)) {
        expect(false, "the watch opens");
        return;
    }
    child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
    expect(cs_watch_drain(watch) >= 3, "fork, exec and mappings are told");
    path = cs_executables_path(executables, (uint32_t)child);
    expect(path && strstr(path, "/bin/"), "what an ended process ran is known");
    expect(cs_watch_drain(watch) < 1000, "what was read is not read again");
    expect(cs_watch_lost(watch) == 0, "nothing was lost");
    cs_watch_close(watch);
    cs_executables_free(executables);
}

static void check_cgroups(void)
{
    struct cs_cgroups *cgroups;
    const char *path;
    uint64_t id = 0;

    if (cs_cgroups_open(&log_to_stderr, &cgroups)) {
        printf("no cgroup v2 hierarchy\n");
        return;
    }
    expect(cs_cgroups_id(cgroups, "/", &id) == 0 && id != 0, "the root has an id");
    path = cs_cgroups_path(cgroups, id);
    expect(path && !strcmp(path, "/"), "and the id a path");
    expect(!cs_cgroups_path(cgroups, UINT32_MAX), "an id nobody has leads nowhere");
    cs_cgroups_close(cgroups);
}

int main(void)
{
    if (geteuid() != 0) {
        printf("skipped: needs root\n");
        return SKIPPED;
    }
    check_uprobes();
    check_watch();
    check_cgroups();
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
