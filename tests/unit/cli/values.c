/* SPDX-License-Identifier: MIT */
/* How single values are read: what is taken and what is refused. */
#include "user/cli/values.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const struct cs_option *row_of(const char *name)
{
    for (size_t i = 0; i < cs_option_count; i++) {
        if (!strcmp(cs_option_table[i].name, name))
            return &cs_option_table[i];
    }
    cr_assert_fail("no option --%s", name);
    return NULL;
}

Test(values, times)
{
    static const struct {
        const char *text;
        uint64_t time_ns; /* 0: refused */
    } rows[] = {
        {"1", 1000000000},
        {"250ms", 250000000},
        {"1s", 1000000000},
        {"5m", 300000000000},
        {"2h", 7200000000000},
        {"1d", 86400000000000},
        {"0", 0},
        {"", 0},
        {"s", 0},
        {"-1", 0},
        {" 1", 0},
        {"1 s", 0},
        {"1.5s", 0},
        {"1us", 0},
        {"1sec", 0},
        {"+1", 0},
        {"106752d", 0},
        {"99999999999999999999", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_options options = {0};
        char error[CS_ERROR_ROOM] = "";
        int err = cs_value_store(row_of("duration"), rows[i].text, &options, error);

        cr_expect_eq(err, rows[i].time_ns ? 0 : -EINVAL, "'%s'", rows[i].text);
        cr_expect_eq(options.duration_ns, rows[i].time_ns, "'%s'", rows[i].text);
    }
}

Test(values, moments)
{
    static const struct {
        const char *text;
        uint64_t ns; /* 0: refused */
        bool ago;
    } rows[] = {
        {"2026-11-21T12:00:00Z", 1795262400000000000, false},
        {"2026-11-21T13:00:00.5+01:00", 1795262400500000000, false},
        {"1h", 3600000000000, true},
        {"90s", 90000000000, true},
        {"2026-11-21", 0, false},
        {"yesterday", 0, false},
        {"", 0, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_options options = {0};
        char error[CS_ERROR_ROOM] = "";
        int err = cs_value_store(row_of("since"), rows[i].text, &options, error);

        cr_expect_eq(err, rows[i].ns ? 0 : -EINVAL, "'%s'", rows[i].text);
        cr_expect_eq(options.since.ns, rows[i].ns, "'%s'", rows[i].text);
        cr_expect_eq(options.since.ago, rows[i].ago, "'%s'", rows[i].text);
    }
}

Test(values, sizes)
{
    static const struct {
        const char *text;
        uint32_t size; /* 0: refused */
    } rows[] = {
        {"4096", 4096}, {"512K", 524288},    {"4M", 4194304}, {"1G", 1073741824},
        {"4095", 0},    {"2G", 0},           {"4k", 0},       {"4MB", 0},
        {"", 0},        {"17179869185G", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_options options = {0};
        char error[CS_ERROR_ROOM] = "";
        int err = cs_value_store(row_of("ring-size"), rows[i].text, &options, error);

        cr_expect_eq(err, rows[i].size ? 0 : -EINVAL, "'%s'", rows[i].text);
        cr_expect_eq(options.ring_bytes, rows[i].size, "'%s'", rows[i].text);
    }
}

Test(values, refused_with_a_cure)
{
    static const struct {
        const char *option;
        const char *text;
        const char *error;
    } rows[] = {
        {"duration", "5x", "--duration: '5x' is not a time (write 500ms, 10s, 5m, 2h or 1d)"},
        {"ring-size", "1", "--ring-size: '1' is not a size from 4K to 1G (write 512K or 4M)"},
        {"max-pending", "0", "--max-pending: '0' is not a number from 1 to 16777216"},
        {"mode", "888", "--mode: '888' is not a file mode (write it in octal: 0640)"},
        {"mode", "0", "--mode: '0' is not a file mode (write it in octal: 0640)"},
        {"mode", "1777", "--mode: '1777' is not a file mode (write it in octal: 0640)"},
        {"pid", "0", "--pid: '0' is not a process id"},
        {"pid", "4194305", "--pid: '4194305' is not a process id"},
        {"pid", "12x", "--pid: '12x' is not a process id"},
        {"port", "65536", "--port: '65536' is not a port number from 1 to 65535"},
        {"port", "https", "--port: 'https' is not a port number from 1 to 65535"},
        {"comm", "", "--comm: the value is empty (write --comm NAME)"},
        {"format", "xml",
         "--format: 'xml' is not one of ndjson, table, csv, otlp, har, trace, prometheus"},
        {"hooks", "perf", "--hooks: 'perf' is not one of auto, fentry, kprobe, basic"},
        {"output", "table:", "--output: the value is empty (write --output [FORMAT:]FILE)"},
        {"output", "ndjsn:x",
         "--output: 'ndjsn' is not a format: ndjson, table, csv, otlp, har, trace, prometheus (a file of this name is written ./ndjsn:x)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_options options = {0};
        char error[CS_ERROR_ROOM] = "";

        cr_expect_eq(cs_value_store(row_of(rows[i].option), rows[i].text, &options, error),
                     -EINVAL);
        cr_expect_str_eq(error, rows[i].error, "%s", error);
    }
}

Test(values, a_colon_is_not_always_a_format)
{
    static const struct {
        const char *text;
        const char *path;
        enum connspan_format format;
    } rows[] = {
        {"table:x", "x", CONNSPAN_FORMAT_TABLE},
        {"ndjson:a:b", "a:b", CONNSPAN_FORMAT_NDJSON},
        {"run-12:30.ndjson", "run-12:30.ndjson", CONNSPAN_FORMAT_NONE},
        {"./tabel:x", "./tabel:x", CONNSPAN_FORMAT_NONE},
        {":x", ":x", CONNSPAN_FORMAT_NONE},
        {"table", "table", CONNSPAN_FORMAT_NONE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_options options = {0};
        char error[CS_ERROR_ROOM] = "";

        cr_expect_eq(cs_value_store(row_of("output"), rows[i].text, &options, error), 0, "%s",
                     error);
        cr_expect_str_eq(options.outputs.items[0].path, rows[i].path);
        cr_expect_eq(options.outputs.items[0].format, rows[i].format);
    }
}

Test(values, a_list_has_an_end)
{
    struct cs_options options = {0};
    char error[CS_ERROR_ROOM] = "";

    for (int i = 0; i < CS_REPEAT_MAX; i++)
        cr_assert_eq(cs_value_store(row_of("port"), "1", &options, error), 0);
    cr_assert_eq(cs_value_store(row_of("port"), "1", &options, error), -EINVAL);
    cr_assert_str_eq(error, "--port: given more than 64 times");
}
