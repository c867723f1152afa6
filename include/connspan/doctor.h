/* SPDX-License-Identifier: MIT */
/*
 * What works on this host, found by really attaching each hook once, and what an entry loses where
 * something does not. Needs root to be conclusive; without it says so. One thread at a time.
 */
#pragma once

#include <connspan/tracer.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct connspan_finding {
    const char *name; /* "connect", "state", "wire", "tls", "discovery", "btf", "rights", ... */
    const char *rung; /* tried mechanism, e.g. "fentry"; "" where there is only one */
    bool works;
    bool used;          /* the rung that record would take */
    const char *reason; /* why not, e.g. "Operation not permitted"; "" when it works */
    const char *lost;   /* what entries lack because of it; "" nothing */
    const char *cure;   /* what to do about it; "" nothing known */
};

struct connspan_diagnosis {
    bool traceable;
    const char *kernel;
    const struct connspan_finding *findings;
    size_t finding_count;
    const char *const *libraries; /* TLS libraries found, by path */
    size_t library_count;
};

/* 0 or -ENOMEM. Free with connspan_diagnosis_free. */
int connspan_diagnose(connspan_log_fn on_log, void *context, struct connspan_diagnosis **diagnosis);
void connspan_diagnosis_free(struct connspan_diagnosis *diagnosis);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
