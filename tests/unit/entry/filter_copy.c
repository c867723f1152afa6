/* SPDX-License-Identifier: MIT */
/* The copy lives on when the caller's lists are gone. */
#include "user/entry/filter_copy.h"

#include <criterion/criterion.h>
#include <string.h>

Test(filter_copy, owns_its_lists)
{
    char comm[] = "curl", cgroup[] = "/a";
    const char *comms[] = {comm}, *cgroups[] = {cgroup};
    uint32_t pids[] = {1, 2};
    uint16_t ports[] = {443};
    struct connspan_filter filter = {pids, 2, comms, 1, ports, 1, cgroups, 1};
    struct cs_filter_copy copy;

    cr_assert_eq(cs_filter_copy_init(&copy, &filter), 0);
    memset(comm, 'x', sizeof(comm) - 1);
    memset(cgroup, 'x', sizeof(cgroup) - 1);
    pids[1] = 0;
    ports[0] = 0;
    cr_expect_str_eq(copy.filter.comms[0], "curl");
    cr_expect_str_eq(copy.filter.cgroups[0], "/a");
    cr_expect_eq(copy.filter.pids[1], 2);
    cr_expect_eq(copy.filter.ports[0], 443);
    cs_filter_copy_free(&copy);
}

Test(filter_copy, an_empty_filter_is_no_failure)
{
    struct connspan_filter filter = {0};
    struct cs_filter_copy copy;

    cr_assert_eq(cs_filter_copy_init(&copy, &filter), 0);
    cr_expect_eq(copy.filter.comm_count, 0);
    cs_filter_copy_free(&copy);
}
