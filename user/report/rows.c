/* SPDX-License-Identifier: MIT */
/* What the three writers share: the rows of a table, and output in pieces. */
#include <errno.h>
#include <stdlib.h>

#include "user/report/report.h"

int cs_report_rows(const struct connspan_report *report, enum connspan_report_by by, uint32_t limit,
                   struct cs_report_rows *rows)
{
    const struct cs_groups *groups = &report->groups[by];
    size_t count = groups->rows.count;
    int err;

    *rows = (struct cs_report_rows){.rows = cs_groups_sorted(groups),
                                    .count = count < limit ? count : limit};
    if (!rows->rows)
        return -ENOMEM;
    rows->rest_rows = groups->merged + count - rows->count;
    err = cs_row_merge(&rows->rest, &groups->others);
    for (size_t i = rows->count; i < count && !err; i++)
        err = cs_row_merge(&rows->rest, rows->rows[i]);
    if (err)
        cs_report_rows_free(rows);
    return err;
}

void cs_report_rows_free(struct cs_report_rows *rows)
{
    free(rows->rows);
    cs_row_clear(&rows->rest);
}

void cs_report_flush(struct cs_report_out *out, size_t when)
{
    if (out->buf.failed && !out->error)
        out->error = -ENOMEM;
    if (out->buf.length < when && !out->error)
        return;
    if (!out->error && out->buf.length)
        out->error = out->put(out->context, out->buf.data, out->buf.length);
    cs_buf_clear(&out->buf);
}

int cs_report_finish(struct cs_report_out *out)
{
    cs_report_flush(out, 0);
    cs_buf_free(&out->buf);
    return out->error;
}
