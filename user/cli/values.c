/* SPDX-License-Identifier: MIT */
/* How numbers, times, sizes, choices and outputs are written on the command line. */
#include "user/cli/values.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PID_MAX     4194304 /* PID_MAX_LIMIT of 64-bit kernels, include/linux/threads.h */
#define PENDING_MAX (16u << 20)
#define RING_MIN    (4u << 10)
#define RING_MAX    (1u << 30)
#define FILE_MIN    (4u << 10)
#define FILE_MAX    (1ull << 50)

struct unit {
    const char *name; /* NULL ends the list */
    uint64_t factor;
};

struct range {
    uint64_t min;
    uint64_t max;
};

int cs_invalid(char error[CS_ERROR_ROOM], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, CS_ERROR_ROOM, format, args);
    va_end(args);
    return -EINVAL;
}

/* Digits of `base` only, no sign and no blanks, which strtoull would take. NULL: none or too big.
 * Else where they end. */
static const char *read_digits(const char *text, unsigned base, uint64_t *number)
{
    const char *at = text;
    uint64_t sum = 0;

    for (; *at >= '0' && *at < (char)('0' + base); at++) {
        if (sum > (UINT64_MAX - 9) / base)
            return NULL;
        sum = sum * base + (uint64_t)(*at - '0');
    }
    *number = sum;
    return at == text ? NULL : at;
}

static bool read_number(const char *text, struct range range, uint64_t *number)
{
    const char *end = read_digits(text, 10, number);

    return end && !*end && *number >= range.min && *number <= range.max;
}

static bool read_with_unit(const char *text, const struct unit *units, uint64_t *number)
{
    uint64_t count;
    const char *end = read_digits(text, 10, &count);

    for (; end && units->name; units++) {
        if (strcmp(end, units->name) != 0)
            continue;
        return !__builtin_mul_overflow(count, units->factor, number);
    }
    return false;
}

static int store_time(const struct cs_option *row, const char *text, void *field, char *error)
{
    static const struct unit units[] = {
        {"", 1000000000},
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", 60000000000},
        {"h", 3600000000000},
        {"d", 86400000000000},
        {NULL},
    };
    uint64_t time_ns;

    if (!read_with_unit(text, units, &time_ns) || !time_ns || time_ns > INT64_MAX)
        return cs_invalid(error, "--%s: '%s' is not a time (write 500ms, 10s, 5m, 2h or 1d)",
                          row->name, text);
    *(uint64_t *)field = time_ns;
    return 0;
}

/* RFC 3339 begins with a year and a dash, a time span does not. */
static int store_moment(const struct cs_option *row, const char *text, void *field, char *error)
{
    struct cs_moment moment = {.ns = connspan_timestamp_parse(text)};

    if (!moment.ns) {
        moment.ago = true;
        if (store_time(row, text, &moment.ns, error))
            return cs_invalid(
                error,
                "--%s: '%s' is not a moment (write 2026-11-21T12:00:00Z, or 1h for an "
                "hour ago)",
                row->name, text);
    }
    *(struct cs_moment *)field = moment;
    return 0;
}

static bool read_size(const char *text, struct range range, uint64_t *size)
{
    static const struct unit units[] = {
        {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL},
    };

    return read_with_unit(text, units, size) && *size >= range.min && *size <= range.max;
}

static int store_size(const struct cs_option *row, const char *text, void *field, char *error)
{
    uint64_t size;

    if (!read_size(text, (struct range){RING_MIN, RING_MAX}, &size))
        return cs_invalid(error, "--%s: '%s' is not a size from 4K to 1G (write 512K or 4M)",
                          row->name, text);
    *(uint32_t *)field = (uint32_t)size;
    return 0;
}

static int store_bytes(const struct cs_option *row, const char *text, void *field, char *error)
{
    if (!read_size(text, (struct range){FILE_MIN, FILE_MAX}, field))
        return cs_invalid(error, "--%s: '%s' is not a size of at least 4K (write 100M or 2G)",
                          row->name, text);
    return 0;
}

static int store_number(const struct cs_option *row, const char *text, void *field, char *error)
{
    uint64_t number;

    if (!read_number(text, (struct range){1, PENDING_MAX}, &number))
        return cs_invalid(error, "--%s: '%s' is not a number from 1 to %u", row->name, text,
                          PENDING_MAX);
    *(uint32_t *)field = (uint32_t)number;
    return 0;
}

static int store_mode(const struct cs_option *row, const char *text, void *field, char *error)
{
    uint64_t mode;
    const char *end = read_digits(text, 8, &mode);

    if (!end || *end || !mode || mode > 0777)
        return cs_invalid(error, "--%s: '%s' is not a file mode (write it in octal: 0640)",
                          row->name, text);
    *(unsigned *)field = (unsigned)mode;
    return 0;
}

struct names {
    char text[128];
};

static struct names list_names(const struct cs_choice *choices)
{
    struct names names = {""};
    size_t used = 0;

    for (; choices->name && used < sizeof(names.text); choices++)
        used += (size_t)snprintf(names.text + used, sizeof(names.text) - used, "%s%s",
                                 used ? ", " : "", choices->name);
    return names;
}

static int store_choice(const struct cs_option *row, const char *text, void *field, char *error)
{
    for (const struct cs_choice *choice = row->choices; choice->name; choice++) {
        if (!strcmp(choice->name, text)) {
            *(int *)field = choice->value;
            return 0;
        }
    }
    return cs_invalid(error, "--%s: '%s' is not one of %s", row->name, text,
                      list_names(row->choices).text);
}

static int store_text(const struct cs_option *row, const char *text, void *field, char *error)
{
    if (!*text)
        return cs_invalid(error, "--%s: the value is empty (write --%s %s)", row->name, row->name,
                          row->metavar);
    *(const char **)field = text;
    return 0;
}

static int refuse_repeat(const struct cs_option *row, char *error)
{
    return cs_invalid(error, "--%s: given more than %d times", row->name, CS_REPEAT_MAX);
}

static int store_texts(const struct cs_option *row, const char *text, void *field, char *error)
{
    struct cs_text_list *list = field;

    if (list->count == CS_REPEAT_MAX)
        return refuse_repeat(row, error);
    if (store_text(row, text, &list->items[list->count], error))
        return -EINVAL;
    list->count++;
    return 0;
}

static int store_pids(const struct cs_option *row, const char *text, void *field, char *error)
{
    struct cs_pid_list *list = field;
    uint64_t pid;

    if (list->count == CS_REPEAT_MAX)
        return refuse_repeat(row, error);
    if (!read_number(text, (struct range){1, PID_MAX}, &pid))
        return cs_invalid(error, "--%s: '%s' is not a process id", row->name, text);
    list->items[list->count++] = (uint32_t)pid;
    return 0;
}

static int store_ports(const struct cs_option *row, const char *text, void *field, char *error)
{
    struct cs_port_list *list = field;
    uint64_t port;

    if (list->count == CS_REPEAT_MAX)
        return refuse_repeat(row, error);
    if (!read_number(text, (struct range){1, UINT16_MAX}, &port))
        return cs_invalid(error, "--%s: '%s' is not a port number from 1 to 65535", row->name,
                          text);
    list->items[list->count++] = (uint16_t)port;
    return 0;
}

/* A word of lower-case letters before a colon is meant as a format, so that a misspelt one does
 * not become a file's name. */
static int split_format(const struct cs_option *row, const char *text, struct cs_output *output,
                        char *error)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    const char *path = text + length + 1;

    *output = (struct cs_output){.path = text};
    if (!length || text[length] != ':')
        return 0;
    for (const struct cs_choice *format = row->choices; format->name; format++) {
        if (strlen(format->name) != length || strncmp(format->name, text, length) != 0)
            continue;
        *output = (struct cs_output){.path = path, .format = (enum connspan_format)format->value};
        return 0;
    }
    return cs_invalid(error,
                      "--%s: '%.*s' is not a format: %s (a file of this name is written ./%s)",
                      row->name, (int)length, text, list_names(row->choices).text, text);
}

static int store_output(const struct cs_option *row, const char *text, void *field, char *error)
{
    struct cs_output_list *list = field;
    struct cs_output output;

    if (list->count == CS_REPEAT_MAX)
        return refuse_repeat(row, error);
    if (split_format(row, text, &output, error) ||
        store_text(row, output.path, &output.path, error))
        return -EINVAL;
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i].path, output.path))
            return cs_invalid(error, "--%s: two outputs to '%s' (each needs a file of its own)",
                              row->name, output.path);
    }
    list->items[list->count++] = output;
    return 0;
}

static int store_flag(const struct cs_option *row, const char *text, void *field, char *error)
{
    (void)row, (void)text, (void)error;
    *(bool *)field = true;
    return 0;
}

static int store_count(const struct cs_option *row, const char *text, void *field, char *error)
{
    (void)row, (void)text, (void)error;
    *(int *)field += 1;
    return 0;
}

int cs_value_store(const struct cs_option *row, const char *text, struct cs_options *options,
                   char error[CS_ERROR_ROOM])
{
    static int (*const store[CS_OPTION_TYPE_COUNT])(const struct cs_option *, const char *, void *,
                                                    char *) = {
        [CS_OPTION_FLAG] = store_flag,     [CS_OPTION_COUNT] = store_count,
        [CS_OPTION_TEXT] = store_text,     [CS_OPTION_TEXTS] = store_texts,
        [CS_OPTION_PIDS] = store_pids,     [CS_OPTION_PORTS] = store_ports,
        [CS_OPTION_TIME] = store_time,     [CS_OPTION_SIZE] = store_size,
        [CS_OPTION_NUMBER] = store_number, [CS_OPTION_MODE] = store_mode,
        [CS_OPTION_CHOICE] = store_choice, [CS_OPTION_OUTPUTS] = store_output,
        [CS_OPTION_BYTES] = store_bytes,   [CS_OPTION_MOMENT] = store_moment,
    };

    return store[row->type](row, text, (char *)options + row->offset, error);
}
