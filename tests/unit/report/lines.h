/* SPDX-License-Identifier: MIT */
/* Lines as connspan writes them, cut down to what a test is about. */
#pragma once

#define HEADER                                                                                     \
    "{\"entryType\":\"connspan.header\",\"schema\":1,\"version\":\"0.1.0\",\"host\":\"h\"}\n"

struct line_facts {
    const char *name;      /* NULL: tcp://192.0.2.1:80 */
    const char *comm;      /* NULL: curl */
    const char *outcome;   /* NULL: connected */
    const char *error;     /* "tcp","ECONNREFUSED" as JSON members; NULL: none */
    const char *timestamp; /* NULL: 2026-11-21T12:00:00.000000000Z */
    const char *more;      /* further members of "connection", each with a comma before it */
    double tcp_ms;         /* 0: not established */
    double tls_ms;         /* 0: no TLS */
};

/* With a newline; valid until the fourth call from now. */
const char *line_of(struct line_facts facts);
#define LINE(...) line_of((struct line_facts){__VA_ARGS__})
