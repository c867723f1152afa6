/* SPDX-License-Identifier: MIT */
/* The page is written beside its place and moved there when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

static bool is_page(const char *path)
{
    static const char doctype[] = "<!doctype html";
    char begin[sizeof(doctype) - 1];
    FILE *file = fopen(path, "re");
    bool is = file && fread(begin, sizeof(begin), 1, file) == 1 &&
              !strncasecmp(begin, doctype, sizeof(begin));

    if (file)
        fclose(file);
    return is;
}

/* `report --html *.ndjson` names the first log as the page. */
int cs_report_page_check(const char *path, struct cs_console *console)
{
    struct stat about;

    if (!strcmp(path, "-") || stat(path, &about))
        return 0;
    if (S_ISDIR(about.st_mode)) {
        cs_console_fail(console, "%s: is a directory: name a file in it", path);
        return -EISDIR;
    }
    if (S_ISREG(about.st_mode) && about.st_size && !is_page(path)) {
        cs_console_fail(console, "%s: exists and is no page: remove it or name another file", path);
        return -EEXIST;
    }
    return 0;
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
