/* SPDX-License-Identifier: MIT */
/* Does an entry pass the filters of struct connspan_options? Same kind = or, different kinds = and.
 */
#pragma once

#include <connspan/tracer.h>

/*
 * A live tracer filters pids in the kernel, where forks are seen, and passes no pids here; on a
 * tape a pid means that thread group alone.
 */
bool cs_filter_passes(const struct connspan_filter *filter, enum connspan_role role,
                      const struct connspan_entry *entry);
