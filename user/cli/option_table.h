/* SPDX-License-Identifier: MIT */
/*
 * One row per option and per command. The parser, --help, the manual page and the completions are
 * all made from these rows, so a new option is one new row and one new field.
 */
#pragma once

#include "user/cli/options.h"

enum cs_option_type {
    CS_OPTION_FLAG,    /* bool */
    CS_OPTION_COUNT,   /* int: how often it was given */
    CS_OPTION_TEXT,    /* const char * */
    CS_OPTION_TEXTS,   /* struct cs_text_list */
    CS_OPTION_PIDS,    /* struct cs_pid_list */
    CS_OPTION_PORTS,   /* struct cs_port_list */
    CS_OPTION_TIME,    /* uint64_t, nanoseconds */
    CS_OPTION_MOMENT,  /* struct cs_moment */
    CS_OPTION_SIZE,    /* uint32_t, bytes */
    CS_OPTION_BYTES,   /* uint64_t, bytes: of files, which may be large */
    CS_OPTION_NUMBER,  /* uint32_t */
    CS_OPTION_MODE,    /* unsigned, permission bits */
    CS_OPTION_CHOICE,  /* int, from the row's choices */
    CS_OPTION_OUTPUTS, /* struct cs_output_list */
    CS_OPTION_TYPE_COUNT
};

struct cs_choice {
    const char *name; /* NULL ends the list */
    int value;
};

struct cs_option {
    const char *name;
    char letter;    /* 0: none */
    unsigned verbs; /* the commands that take it: enum cs_verb, or-ed */
    enum cs_option_type type;
    size_t offset;       /* of the field in struct cs_options */
    const char *metavar; /* NULL: takes no value */
    const char *initial; /* the default, in words; NULL: none to tell */
    const char *group;
    const char *help;
    const struct cs_choice *choices;
};

struct cs_verb_row {
    const char *name;
    enum cs_verb verb;
    const char *arguments;
    bool files; /* its arguments are files */
    const char *help;
};

extern const struct cs_option cs_option_table[];
extern const size_t cs_option_count;
extern const struct cs_verb_row cs_verb_table[];
extern const size_t cs_verb_count;
extern const struct cs_choice cs_formats[];
extern const char *const cs_option_groups[]; /* in the order in which help tells them; NULL ends */
