/* SPDX-License-Identifier: MIT */
/* The page is written beside its place and moved there when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/cli/report.h"

struct page {
    const struct connspan_report *report;
    const struct connspan_report_style *style;
    FILE *file;
};

static int put(void *context, const char *text, size_t length)
{
    return fwrite(text, 1, length, context) == length ? 0 : -errno;
}

static int write_page(struct page *page)
{
    int err = connspan_report_html(page->report, page->style, put, page->file);

    return err ? err : fflush(page->file) ? -errno : 0;
}

/* A pipe or a device has nothing that could be replaced. */
static bool is_stream(const char *path)
{
    struct stat about;

    return !stat(path, &about) && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

static int write_stream(struct page *page, const char *path)
{
    int err;

    page->file = fopen(path, "we");
    if (!page->file)
        return -errno;
    err = write_page(page);
    return fclose(page->file) && !err ? -errno : err;
}

static int write_beside(struct page *page, const char *path, char *beside)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    int err;

    if (fd < 0)
        return -errno;
    page->file = fdopen(fd, "w");
    if (!page->file) {
        close(fd);
        unlink(beside);
        return -ENOMEM;
    }
    err = write_page(page);
    if (fclose(page->file) && !err)
        err = -errno;
    if (!err && rename(beside, path))
        err = -errno;
    if (err)
        unlink(beside);
    return err;
}

static int write_file(struct page *page, const char *path)
{
    char *beside;
    int err;

    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return -ENOMEM;
    err = write_beside(page, path, beside);
    free(beside);
    return err;
}

int cs_report_page(const struct connspan_report *report, const struct connspan_report_style *style,
                   const char *path, struct cs_console *console)
{
    struct page page = {.report = report, .style = style, .file = stdout};
    int err = !strcmp(path, "-") ? write_page(&page)
              : is_stream(path)  ? write_stream(&page, path)
                                 : write_file(&page, path);

    if (err)
        cs_console_fail(console, "%s: %s", path, strerror(-err));
    return err;
}
