/* SPDX-License-Identifier: MIT */
/* Opening, formats, what is removed again and what is given up. */
#include "user/cli/outputs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/fake_tracer.h"
#include "tests/harness/scratch.h"

static struct cs_console console;
static struct cs_outputs outputs;

static void capture(void)
{
    scratch_capture(STDERR_FILENO);
    scratch_capture(STDOUT_FILENO);
}

TestSuite(outputs, .init = capture, .fini = scratch_remove);

static int open_paths(const char *first, const char *second)
{
    struct cs_options options = {0};

    if (first)
        options.outputs.items[options.outputs.count++].path = first;
    if (second)
        options.outputs.items[options.outputs.count++].path = second;
    return cs_outputs_open(&outputs, &options, &console);
}

Test(outputs, standard_output_is_the_default)
{
    cr_assert_eq(open_paths(NULL, NULL), 0);
    cr_assert_str_eq(fake.writer_options.path, "-");
    cr_assert_eq(fake.writer_options.format, CONNSPAN_FORMAT_NDJSON, "not a terminal");
    cr_assert_not(fake.writer_options.colour);
}

Test(outputs, the_format_said_beats_the_extension_beats_the_default)
{
    struct cs_options options = {.format = CONNSPAN_FORMAT_TABLE};

    options.outputs.count = 1;
    options.outputs.items[0].path = scratch_path("a.ndjson");
    cr_assert_eq(cs_outputs_open(&outputs, &options, &console), 0);
    cr_assert_eq(fake.writer_options.format, CONNSPAN_FORMAT_NDJSON);
    cs_outputs_discard(&outputs);

    options.outputs.items[0].format = CONNSPAN_FORMAT_TABLE;
    cr_assert_eq(cs_outputs_open(&outputs, &options, &console), 0);
    cr_assert_eq(fake.writer_options.format, CONNSPAN_FORMAT_TABLE);
    cs_outputs_discard(&outputs);

    options.outputs.items[0] = (struct cs_output){.path = scratch_path("a.log")};
    cr_assert_eq(cs_outputs_open(&outputs, &options, &console), 0);
    cr_assert_eq(fake.writer_options.format, CONNSPAN_FORMAT_TABLE);
}

Test(outputs, one_file_by_two_names_is_refused_and_leaves_nothing)
{
    char *said;

    cr_assert_eq(open_paths(scratch_path("a"), scratch_path("./a")), -EINVAL);
    cr_assert_neq(access(scratch_path("a"), F_OK), 0);
    said = scratch_captured(STDERR_FILENO);
    cr_assert(strstr(said, "connspan: two outputs to '"), "%s", said);
    free(said);
}

Test(outputs, a_bad_one_undoes_the_good_one)
{
    scratch_write("old", "", 0600);
    cr_assert_eq(open_paths(scratch_path("new"), scratch_path("no/such/folder")), -ENOENT);
    cr_assert_neq(access(scratch_path("new"), F_OK), 0);
    cr_assert_eq(open_paths(scratch_path("old"), scratch_path("no/such/folder")), -ENOENT);
    cr_assert_eq(access(scratch_path("old"), F_OK), 0, "somebody else's file was removed");
}

Test(outputs, what_was_written_is_never_removed)
{
    cr_assert_eq(open_paths(scratch_path("a"), NULL), 0);
    cs_outputs_entry(&outputs, &(struct connspan_entry){.sequence = 1});
    cs_outputs_discard(&outputs);
    cr_assert_eq(access(scratch_path("a"), F_OK), 0);
}

Test(outputs, without_a_reader_it_is_given_up)
{
    cr_assert_eq(open_paths(scratch_path("a"), NULL), 0);
    fake.write_error = -EPIPE;
    cs_outputs_entry(&outputs, &(struct connspan_entry){.sequence = 1});
    cr_assert_not(cs_outputs_alive(&outputs));
    cs_outputs_entry(&outputs, &(struct connspan_entry){.sequence = 2});
    cr_assert_eq(cs_outputs_take_lost(&outputs), 2);
    cr_assert_eq(cs_outputs_take_lost(&outputs), 0);
    cr_assert(outputs.failed);
}

Test(outputs, a_full_disk_is_not_the_end)
{
    cr_assert_eq(open_paths(scratch_path("a"), NULL), 0);
    fake.write_error = -ENOSPC;
    cs_outputs_entry(&outputs, &(struct connspan_entry){.sequence = 1});
    cr_assert(cs_outputs_alive(&outputs));
    cr_assert(outputs.failed);
    cr_assert_eq(cs_outputs_take_lost(&outputs), 1);
}
