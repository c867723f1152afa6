/* SPDX-License-Identifier: MIT */
/* Rights stay as they are: the test goes on after the run. */
#include "tests/harness/fake_tracer.h"
#include "user/cli/rights.h"

int cs_rights_limit(const struct cs_options *options, const struct connspan_run *run, pid_t command,
                    struct cs_console *console)
{
    (void)options;
    (void)run;
    (void)command;
    (void)console;
    return fake.rights_error;
}
