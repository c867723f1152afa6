/* SPDX-License-Identifier: MIT */
/* The program connspan: parses the command line and hands over to the command. */
#include <connspan/version.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/cli/console.h"
#include "user/cli/doctor.h"
#include "user/cli/exit.h"
#include "user/cli/help.h"
#include "user/cli/observe.h"
#include "user/cli/options.h"
#include "user/cli/record.h"
#include "user/cli/replay.h"
#include "user/cli/report.h"

static int run(const struct cs_options *options)
{
    if (options->help)
        cs_help(stdout, options->verb);
    else if (options->version)
        printf("connspan %s\n", CONNSPAN_VERSION);
    else if (options->verb == CS_VERB_RECORD)
        return cs_record(options);
    else if (options->verb == CS_VERB_REPLAY)
        return cs_replay(options);
    else if (options->verb == CS_VERB_OBSERVE)
        return cs_observe(options);
    else if (options->verb == CS_VERB_REPORT)
        return cs_report(options);
    else
        return cs_doctor(options);
    return CS_EXIT_OK;
}

/* What is opened later must not become standard output by its number. Where nothing was open, a
 * descriptor that cannot be written to stands in. */
static void fill_standard_fds(void)
{
    int fd = STDIN_FILENO;

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY);
    if (fd > STDERR_FILENO)
        close(fd);
}

int main(int argc, char **argv)
{
    struct cs_console console = {0};
    struct cs_options options;
    char error[CS_ERROR_ROOM];
    int status;

    fill_standard_fds();
    if (argc < 2) {
        cs_help_short(stderr);
        return CS_EXIT_USAGE;
    }
    if (cs_options_parse(argc, argv, &options, error)) {
        cs_console_fail(&console, "%s", error);
        return CS_EXIT_USAGE;
    }
    status = run(&options);
    free(options.files);
    if (fflush(stdout) || ferror(stdout)) {
        cs_console_fail(&console, "standard output: %s", strerror(errno));
        return status ? status : CS_EXIT_FAILED;
    }
    return status;
}
