/* SPDX-License-Identifier: MIT */
/*
 * The public API of libconnspan, acted out: what the command line is tested against without root or
 * a kernel. A test sets what shall happen, then reads the journal of what was called and the files
 * in which the fake writers put one word per line.
 */
#pragma once

#include <connspan/connspan.h>

struct fake_tracer {
    /* what shall happen */
    int open_error;
    int follow_error;
    bool asleep;      /* the fd never becomes readable: only a poll unasked finds entries */
    unsigned entries; /* handed over by poll, one at a time */
    int end;          /* what poll returns after them: of a tape -ENODATA, live 0 */
    int signal;       /* sent to ourselves after the last entry */
    int write_error;  /* of each entry, which is then lost */
    int diagnose_error;
    int rights_error;
    bool full;   /* the next output asked has to be rotated */
    int wait_ms; /* until a flush is due; 0: none is */
    bool untraceable;
    void (*on_follow)(void);

    /* what did happen */
    struct connspan_options options; /* as given to open */
    struct connspan_writer_options writer_options;
    uint32_t followed;
    char journal[4096]; /* "open", "follow", "poll", ... separated by blanks */
};

extern struct fake_tracer fake;
