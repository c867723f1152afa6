/* SPDX-License-Identifier: MIT */
/* What a process of ours has left, by what its run needs. Root alone can lose anything. */
#include "user/cli/rights.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/scratch.h"

enum { NOBODY = 65534 };

static struct cs_options options;
static struct cs_console console;

/* Criterion runs each test in a process of its own. */
static void limit(const char *hook_tls)
{
    const struct connspan_run run = {.hook_tls = hook_tls};

    if (geteuid() != 0)
        cr_skip("needs root");
    cr_assert_eq(cs_rights_limit(&options, &run, &console), 0);
    cr_expect_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}

static void expect_kept(const char *expected)
{
    cap_t kept = cap_get_proc();
    char *text = cap_to_text(kept, NULL);

    cr_expect_str_eq(text, expected);
    cap_free(text);
    cap_free(kept);
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
    limit("off");
    expect_kept("cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, for_late_libraries)
{
    limit("uprobe_multi");
    expect_kept("cap_dac_read_search,cap_sys_ptrace,cap_bpf,cap_checkpoint_restore=ep");
}

Test(rights, for_late_libraries_by_perf)
{
    limit("uprobe");
    expect_kept("cap_dac_read_search,cap_sys_ptrace,cap_sys_admin,cap_bpf,"
                "cap_checkpoint_restore=ep");
}

Test(rights, for_a_command)
{
    options.command = (char *[]){"true", NULL};
    limit("off");
    expect_kept("cap_dac_read_search,cap_kill,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, for_files_in_another_users_folder, .fini = clean)
{
    give_folder_away(0700);
    limit("off");
    expect_kept("cap_dac_override,cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, a_folder_for_everybody_needs_nothing, .fini = clean)
{
    give_folder_away(0777);
    limit("off");
    expect_kept("cap_dac_read_search,cap_sys_ptrace,cap_bpf=ep");
}

Test(rights, none_comes_back)
{
    limit("off");
    cr_expect_eq(cap_get_bound(CAP_NET_ADMIN), 0);
    cr_expect_eq(cap_get_bound(CAP_BPF), 1);
    cr_expect_neq(chroot("/"), 0);
    cr_expect_eq(errno, EPERM);
}
