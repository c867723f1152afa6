/* SPDX-License-Identifier: MIT */
/*
 * The slowest connections on a terminal, drawn from the same instant, so that lengths compare. Each
 * phase has a character of its own: colours are a help, not the message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "user/report/text.h"
#include "user/sink/cell.h"

#define TIME_WIDTH     12
#define COMM_WIDTH     10
#define DURATION_WIDTH 7
#define NAME_MIN_WIDTH 20
#define NAME_MAX_WIDTH 48
#define BAR_MIN_WIDTH  20
#define RESULT_WIDTH   16

enum phase { PHASE_NONE, PHASE_DNS, PHASE_TCP, PHASE_TLS, PHASE_COUNT };

static const struct {
    const char *mark;
    const char *colour;
} phases[PHASE_COUNT] = {
    [PHASE_NONE] = {"\xc2\xb7", "\033[2m"},     /* · */
    [PHASE_DNS] = {"\xe2\x96\x91", "\033[36m"}, /* ░ */
    [PHASE_TCP] = {"\xe2\x96\x92", "\033[34m"}, /* ▒ */
    [PHASE_TLS] = {"\xe2\x96\x88", "\033[32m"}, /* █ */
};
#define FAILED_MARK "\xc3\x97" /* × */
#define RED         "\033[31m"

struct layout {
    size_t name;
    size_t bar;
};

static struct layout lay_out(const struct cs_text *text)
{
    size_t fixed = TIME_WIDTH + COMM_WIDTH + DURATION_WIDTH + RESULT_WIDTH + 5;
    size_t left = text->columns > fixed ? text->columns - fixed : 0;
    struct layout layout = {.name = left / 2, .bar = left - left / 2};

    if (layout.name < NAME_MIN_WIDTH)
        layout.name = NAME_MIN_WIDTH;
    if (layout.name > NAME_MAX_WIDTH) {
        layout.bar += layout.name - NAME_MAX_WIDTH;
        layout.name = NAME_MAX_WIDTH;
    }
    if (layout.bar < BAR_MIN_WIDTH)
        layout.bar = BAR_MIN_WIDTH;
    return layout;
}

/* A phase that began and did not end lasted as long as the connection did. */
static bool covers(const struct cs_kept *kept, uint64_t at_ns, enum cs_kept_mark start)
{
    uint64_t begin = kept->marks_ns[start], end = kept->marks_ns[start + 1];

    if (end == CONNSPAN_UNKNOWN)
        end = kept->duration_ns;
    return begin != CONNSPAN_UNKNOWN && at_ns >= begin && at_ns < end;
}

static enum phase phase_at(const struct cs_kept *kept, uint64_t at_ns)
{
    if (covers(kept, at_ns, CS_KEPT_TLS_START))
        return PHASE_TLS;
    if (covers(kept, at_ns, CS_KEPT_CONNECT))
        return PHASE_TCP;
    return covers(kept, at_ns, CS_KEPT_DNS_START) ? PHASE_DNS : PHASE_NONE;
}

/* A cell shows what its middle falls into. */
static void put_bar(struct cs_text *text, const struct cs_kept *kept, uint64_t axis_ns,
                    size_t width)
{
    struct cs_buf *out = &text->out->buf;
    size_t used =
        axis_ns ? (size_t)((double)kept->duration_ns / (double)axis_ns * (double)width) : 0;

    if (used < 1)
        used = 1;
    for (size_t i = 0; i < used && i < width; i++) {
        double middle = ((double)i + 0.5) / (double)used * (double)kept->duration_ns;
        enum phase phase = phase_at(kept, (uint64_t)middle);
        bool end = kept->failed && i + 1 == used;

        cs_text_colour(text, end ? RED : phases[phase].colour);
        cs_buf_text(out, end ? FAILED_MARK : phases[phase].mark);
        cs_text_colour(text, CS_TEXT_PLAIN);
    }
    cs_cell_left(out, "", width - (used < width ? used : width), CS_CUT_END);
}

static void put_time(struct cs_buf *out, uint64_t unix_ns)
{
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm local = {0};
    char text[48];

    localtime_r(&seconds, &local);
    snprintf(text, sizeof(text), "%02d:%02d:%02d.%03u", local.tm_hour, local.tm_min, local.tm_sec,
             (unsigned)(unix_ns / 1000000 % 1000));
    cs_cell_left(out, text, TIME_WIDTH + 1, CS_CUT_END);
}

static void put_entry(struct cs_text *text, const struct cs_kept *kept, uint64_t axis_ns)
{
    struct cs_buf *out = &text->out->buf;
    struct layout layout = lay_out(text);
    const char *comm = cs_kept_text(kept, CS_KEPT_COMM);
    char result[CS_KEPT_TEXT_BYTES + 32];

    put_time(out, kept->unix_ns);
    cs_cell_left(out, *comm ? comm : "-", COMM_WIDTH, CS_CUT_END);
    cs_buf_text(out, " ");
    cs_cell_left(out, cs_kept_text(kept, CS_KEPT_NAME), layout.name, CS_CUT_MIDDLE);
    cs_cell_duration(out, kept->duration_ns, DURATION_WIDTH);
    cs_buf_text(out, " ");
    put_bar(text, kept, axis_ns, layout.bar);
    cs_buf_text(out, " ");
    snprintf(result, sizeof(result), "%s%s", cs_kept_text(kept, CS_KEPT_RESULT),
             kept->syn_retransmits ? ", SYN again" : "");
    cs_text_colour(text, kept->failed ? RED : "");
    cs_cell_text(out, result, CS_KEPT_TEXT_BYTES, CS_CUT_END);
    cs_text_colour(text, kept->failed ? CS_TEXT_PLAIN : "");
    cs_buf_text(out, "\n");
}

/* The title stands over the names, the axis over the bars. */
static void put_axis(struct cs_text *text, uint64_t axis_ns)
{
    struct cs_buf *out = &text->out->buf;
    struct layout layout = lay_out(text);

    cs_buf_text(out, "\n");
    cs_text_colour(text, CS_TEXT_BOLD);
    cs_cell_left(out, "SLOWEST", TIME_WIDTH + 1 + COMM_WIDTH + 1 + layout.name, CS_CUT_END);
    cs_cell_right(out, "TOTAL", DURATION_WIDTH);
    cs_buf_text(out, " 0");
    cs_cell_duration(out, axis_ns, layout.bar - 1);
    cs_text_colour(text, CS_TEXT_PLAIN);
    cs_buf_text(out, "\n");
}

static void put_legend(struct cs_text *text)
{
    static const char *const names[PHASE_COUNT] = {"waiting", "DNS", "TCP", "TLS"};
    struct cs_buf *out = &text->out->buf;

    for (size_t i = 1; i <= PHASE_COUNT; i++) {
        enum phase phase = i % PHASE_COUNT;

        cs_text_colour(text, phases[phase].colour);
        cs_buf_text(out, phases[phase].mark);
        cs_text_colour(text, CS_TEXT_PLAIN);
        cs_buf_format(out, " %s   ", names[phase]);
    }
    cs_text_colour(text, RED);
    cs_buf_text(out, FAILED_MARK);
    cs_text_colour(text, CS_TEXT_PLAIN);
    cs_buf_text(out, " failed\n");
}

int cs_text_slowest(struct cs_text *text, const struct connspan_report *report)
{
    struct cs_kept **picked = cs_slowest_pick(&report->slowest, &report->failed);

    if (!picked)
        return -ENOMEM;
    if (picked[0])
        put_axis(text, picked[0]->duration_ns);
    for (struct cs_kept **kept = picked; *kept; kept++)
        put_entry(text, *kept, picked[0]->duration_ns);
    if (picked[0])
        put_legend(text);
    free(picked);
    return 0;
}
