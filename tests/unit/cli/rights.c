/* SPDX-License-Identifier: MIT */
/* What a process of ours has left, by what its run needs. Root alone can lose anything. */
#include "user/cli/rights.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

enum { NOBODY = 65534, ROOM = 512 };

static struct cs_options options;
static struct cs_console console;
static pid_t command;

/* What a child has left that limits itself: Criterion's own calls are none of a tracer's. */
static void expect_kept(const char *hook_tls, const char *expected)
{
    const struct connspan_run run = {.hook_tls = hook_tls};
    char *kept = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child;
    int status;

    if (geteuid() != 0)
        cr_skip("needs root");
    child = fork();
    if (child == 0) {
        if (cs_rights_limit(&options, &run, command, &console))
            _exit(1);
        snprintf(kept, ROOM, "%s", cap_to_text(cap_get_proc(), NULL));
        _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && !cap_get_bound(CAP_NET_ADMIN) &&
                      cap_get_bound(CAP_BPF) == 1
                  ? 0
                  : 2);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    cr_expect_str_eq(kept, expected);
    munmap(kept, ROOM);
}

static void give_folder_away(int mode)
{
    if (geteuid() != 0)
        cr_skip("needs root");
    scratch_write("out", "", 0600);
    options.outputs.count = 1;
    options.outputs.items[0].path = strdup(scratch_path("out"));
    cr_assert_eq(chown(scratch_path(""), NOBODY, NOBODY), 0);
    cr_assert_eq(chmod(scratch_path(""), (mode_t)mode), 0);
}

static void clean(void)
{
    free((char *)options.outputs.items[0].path);
    scratch_remove();
}

Test(rights, without_libraries)
{
    expect_kept("off", "cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, for_late_libraries)
{
    expect_kept("uprobe_multi",
                "cap_dac_read_search,cap_sys_ptrace,cap_bpf,cap_checkpoint_restore=ep");
}

Test(rights, for_late_libraries_by_perf)
{
    expect_kept("uprobe", "cap_dac_read_search,cap_sys_ptrace,cap_sys_admin,cap_bpf,"
                          "cap_checkpoint_restore=ep");
}

Test(rights, for_a_command)
{
    command = getpid();
    expect_kept("off", "cap_dac_read_search,cap_kill,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, for_files_in_another_users_folder, .fini = clean)
{
    give_folder_away(0700);
    expect_kept("off", "cap_dac_override,cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, a_folder_for_everybody_needs_nothing, .fini = clean)
{
    give_folder_away(0777);
    expect_kept("off", "cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}
