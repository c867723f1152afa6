/* SPDX-License-Identifier: MIT */
/*
 * The command line as data: what was asked for, borrowed from argv. Parsing is pure: nothing is
 * printed, opened or looked up, so that every row can be tested. The rows are in option_table.c.
 */
#pragma once

#include <connspan/report.h>
#include <connspan/writer.h>

#define CS_REPEAT_MAX 64 /* times that one option may be given */
#define CS_ERROR_ROOM 512

enum cs_verb {
    CS_VERB_NONE = 0,
    CS_VERB_RECORD = 1,
    CS_VERB_REPLAY = 2,
    CS_VERB_DOCTOR = 4,
    CS_VERB_REPORT = 8,
    CS_VERB_OBSERVE = 16,
};

struct cs_output {
    const char *path;
    enum connspan_format format; /* NONE: not said */
};

struct cs_output_list {
    struct cs_output items[CS_REPEAT_MAX];
    size_t count;
};

struct cs_text_list {
    const char *items[CS_REPEAT_MAX];
    size_t count;
};

struct cs_pid_list {
    uint32_t items[CS_REPEAT_MAX];
    size_t count;
};

struct cs_port_list {
    uint16_t items[CS_REPEAT_MAX];
    size_t count;
};

/* A moment, or how long ago it was when the command began. */
struct cs_moment {
    uint64_t ns; /* since 1970, or ago; 0: not said */
    bool ago;
};

struct cs_options {
    enum cs_verb verb;
    bool help;
    bool version;
    bool quiet;
    int verbosity;

    struct cs_output_list outputs;
    int format;            /* enum connspan_format */
    unsigned mode;         /* 0: the format's */
    uint64_t rotate_bytes; /* these: 0 or false: not said */
    uint64_t rotate_every_ns;
    uint32_t keep;
    bool compress;
    uint64_t duration_ns; /* 0: no end */
    const char *tape;     /* record: to write; replay: to read */
    bool requests;
    bool plaintext;
    int url; /* enum connspan_url */
    bool web_strict;

    const char *listen; /* NULL: nowhere */
    const char *listen_group;
    unsigned listen_mode; /* 0: default */
    bool listen_all;
    const char *socket; /* observe; NULL: default */
    bool buffered;

    bool all;
    int role; /* enum connspan_role */
    struct cs_pid_list pids;
    struct cs_text_list comms;
    struct cs_port_list ports;
    struct cs_text_list cgroups;

    int connect_hook; /* enum connspan_connect_hook */
    bool no_uprobes;
    bool no_uretprobes;
    bool no_wire;
    uint32_t ring_bytes;  /* 0: default */
    uint32_t max_pending; /* 0: default */

    const char *user;
    char *const *command; /* NULL-terminated; NULL: none */
    bool json;

    const char **files; /* report: to read; on the heap, to be freed by who parsed */
    size_t file_count;
    int by; /* 1 << enum connspan_report_by; 0: default */
    struct cs_moment since;
    struct cs_moment until;
    uint32_t slowest; /* 0: default, as below */
    uint32_t rows;
    const char *html;
};

/*
 * 0, or -EINVAL with one line in `error` that says what is wrong and how to mend it; `options` is
 * untouched then. Free `files` of what was parsed.
 */
int cs_options_parse(int argc, char *const *argv, struct cs_options *options,
                     char error[CS_ERROR_ROOM]);
