/* SPDX-License-Identifier: MIT */
/* Or within a kind, and between kinds. */
#include "user/entry/filter.h"

#include <criterion/criterion.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct connspan_entry some(void)
{
    return (struct connspan_entry){
        .connection = {.role = CONNSPAN_ROLE_CLIENT, .local_port = 40000, .remote_port = 443},
        .process = {.pid = 100,
                    .comm = "python3.11",
                    .thread = "worker-1",
                    .exe = "/usr/bin/python3.11",
                    .cgroup = "/system.slice/app.service"},
    };
}

static bool passes(const struct connspan_filter *filter, const struct connspan_entry *entry)
{
    return cs_filter_passes(filter, CONNSPAN_ROLE_BOTH, entry);
}

Test(filter, nothing_asked_everything_passes)
{
    struct connspan_entry entry = some();
    struct connspan_filter filter = {0};

    cr_expect(passes(&filter, &entry));
    entry.process.exe = entry.process.cgroup = NULL;
    cr_expect(passes(&filter, &entry));
}

Test(filter, role)
{
    struct connspan_entry entry = some();
    struct connspan_filter filter = {0};

    cr_expect(cs_filter_passes(&filter, CONNSPAN_ROLE_CLIENT, &entry));
    cr_expect_not(cs_filter_passes(&filter, CONNSPAN_ROLE_SERVER, &entry));
    entry.connection.role = CONNSPAN_ROLE_SERVER;
    cr_expect(cs_filter_passes(&filter, CONNSPAN_ROLE_SERVER, &entry));
    cr_expect_not(cs_filter_passes(&filter, CONNSPAN_ROLE_CLIENT, &entry));
    cr_expect(cs_filter_passes(&filter, CONNSPAN_ROLE_BOTH, &entry));
}

Test(filter, pid)
{
    struct connspan_entry entry = some();
    const uint32_t pids[] = {7, 100};
    struct connspan_filter filter = {.pids = pids, .pid_count = 1};

    cr_expect_not(passes(&filter, &entry));
    filter.pid_count = 2;
    cr_expect(passes(&filter, &entry));
}

Test(filter, comm_of_leader_thread_or_program)
{
    static const struct {
        const char *pattern;
        bool passes;
    } rows[] = {
        {"python3.11", true},        {"worker-1", true}, {"python*", true},
        {"worker-[0-9]", true},      {"python3", false}, {"PYTHON*", false},
        {"/usr/bin/python*", false}, {"", false},
    };
    struct connspan_entry entry = some();

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct connspan_filter filter = {.comms = &rows[i].pattern, .comm_count = 1};

        cr_expect_eq(passes(&filter, &entry), rows[i].passes, "%s", rows[i].pattern);
    }
}

Test(filter, comm_by_exe_alone)
{
    const char *const comms[] = {"curl", "python3.11"};
    struct connspan_filter filter = {.comms = comms, .comm_count = 2};
    struct connspan_entry entry = some();

    entry.process.comm = entry.process.thread = "MainThread";
    cr_expect(passes(&filter, &entry));
    entry.process.exe = NULL;
    cr_expect_not(passes(&filter, &entry));
}

Test(filter, port_is_the_service)
{
    const uint16_t ports[] = {80, 443};
    struct connspan_filter filter = {.ports = ports, .port_count = 2};
    struct connspan_entry entry = some();

    cr_expect(passes(&filter, &entry));
    entry.connection.role = CONNSPAN_ROLE_SERVER;
    cr_expect_not(passes(&filter, &entry));
    entry.connection.local_port = 80;
    cr_expect(passes(&filter, &entry));
}

Test(filter, cgroup_by_component)
{
    static const struct {
        const char *cgroup;
        bool passes;
    } rows[] = {
        {"/system.slice/app.service", true},
        {"/system.slice/app.service/", true},
        {"/system.slice", true},
        {"/", true},
        {"/system.slice/app", false},
        {"/system", false},
        {"/user.slice", false},
        {"/system.slice/app.service/deeper", false},
    };
    struct connspan_entry entry = some();

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct connspan_filter filter = {.cgroups = &rows[i].cgroup, .cgroup_count = 1};

        cr_expect_eq(passes(&filter, &entry), rows[i].passes, "%s", rows[i].cgroup);
    }
    entry.process.cgroup = NULL;
    cr_expect_not(
        passes(&(struct connspan_filter){.cgroups = &rows[3].cgroup, .cgroup_count = 1}, &entry));
}

Test(filter, different_kinds_must_all_pass)
{
    const char *const comms[] = {"python*"};
    const uint16_t ports[] = {443};
    struct connspan_filter filter = {
        .comms = comms, .comm_count = 1, .ports = ports, .port_count = 1};
    struct connspan_entry entry = some();

    cr_expect(passes(&filter, &entry));
    entry.connection.remote_port = 80;
    cr_expect_not(passes(&filter, &entry));
    entry.connection.remote_port = 443;
    entry.process = (struct connspan_process){.comm = "curl", .thread = "curl"};
    cr_expect_not(passes(&filter, &entry));
}
