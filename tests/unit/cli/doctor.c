/* SPDX-License-Identifier: MIT */
/* Both forms of the diagnosis, and its exit status. */
#include "user/cli/doctor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"
#include "tests/harness/scratch.h"

static void capture(void)
{
    scratch_capture(STDOUT_FILENO);
    scratch_capture(STDERR_FILENO);
}

TestSuite(doctor, .init = capture, .fini = scratch_remove);

static void expect_printed(const char *text)
{
    char *printed = scratch_captured(STDOUT_FILENO);

    cr_expect_str_eq(printed, text, "%s", printed);
    free(printed);
}

Test(doctor, for_people)
{
    cr_assert_eq(cs_doctor(&(struct cs_options){0}), 0);
    expect_printed("connspan 0.1.0 on Linux 6.1.0: this host can be traced\n"
                   "\n"
                   "  connect     fentry          no: Operation not permitted\n"
                   "  connect     kprobe          ok, used\n"
                   "  wire        cgroup_skb      no: no \"root\"\n"
                   "                                  lost: TLS\n"
                   "                                  cure: mount cgroup2\n"
                   "\n"
                   "TLS libraries found: 2\n"
                   "  /lib/libssl.so.3\n"
                   "  /\xc3\xa9\xff?/libssl.so.1\n");
}

Test(doctor, for_scripts)
{
    cr_assert_eq(cs_doctor(&(struct cs_options){.json = true}), 0);
    expect_printed(
        "{\"traceable\":true,\"kernel\":\"6.1.0\",\"findings\":["
        "{\"name\":\"connect\",\"rung\":\"fentry\",\"reason\":\"Operation not permitted\","
        "\"lost\":\"\",\"cure\":\"\",\"works\":false,\"used\":false},"
        "{\"name\":\"connect\",\"rung\":\"kprobe\",\"reason\":\"\","
        "\"lost\":\"\",\"cure\":\"\",\"works\":true,\"used\":true},"
        "{\"name\":\"wire\",\"rung\":\"cgroup_skb\",\"reason\":\"no \\\"root\\\"\","
        "\"lost\":\"TLS\",\"cure\":\"mount cgroup2\",\"works\":false,\"used\":false}],"
        "\"libraries\":[\"/lib/libssl.so.3\",\"/\xc3\xa9\\ufffd\\u001b/libssl.so.1\"]}\n");
}

Test(doctor, statuses)
{
    fake.untraceable = true;
    cr_expect_eq(cs_doctor(&(struct cs_options){0}), 3);
    fake.diagnose_error = -ENOMEM;
    cr_expect_eq(cs_doctor(&(struct cs_options){0}), 1);
}
