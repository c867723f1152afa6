/* SPDX-License-Identifier: MIT */
/* Entries, a run and stats that are the same in every test of this room. */
#pragma once

#include <connspan/tracer.h>

extern const struct connspan_run sample_run;

struct connspan_entry sample_plain(void);   /* connected, IPv4, no TLS */
struct connspan_entry sample_tls(void);     /* TLS 1.3, resumed, everything known */
struct connspan_entry sample_failed(void);  /* refused */
struct connspan_entry sample_no_name(void); /* a lookup failed */
/* What is unknown when TLS starts on a connection that was open before. */
struct connspan_entry sample_unknown(void);

struct connspan_stats sample_stats(void); /* every counter has a total of its own */
