/* SPDX-License-Identifier: MIT */
/*
 * The marks of Resource Timing: which instant becomes which attribute, what the standard zeroes,
 * and whether they stand in order. Nothing else touches a mark.
 */
#pragma once

#include "user/fold/record.h"

/* startTime as a CLOCK_MONOTONIC instant; 0: unknown. */
uint64_t cs_timing_start_ns(const struct cs_record *record);

/* Whether the entry has more marks than its start and end. */
bool cs_timing_has_marks(const struct cs_record *record);

/* Fills phases, the start of the race and every mark of `out`, in nanoseconds since `origin_ns`. */
void cs_timing_fill(const struct cs_record *record, uint64_t origin_ns, struct connspan_entry *out);

/* Whether the filled marks stand in order; zeroes and unknowns are skipped. */
bool cs_timing_in_order(const struct cs_record *record, const struct connspan_entry *entry);
