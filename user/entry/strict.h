/* SPDX-License-Identifier: MIT */
/*
 * --web-strict: an entry as a page would get it, for people who may not see more. A fetch for
 * another origin that the server did not allow to see its times becomes opaque
 * (https://fetch.spec.whatwg.org/#create-an-opaque-timing-info), what this host alone knows of it
 * included; and all times lose what is finer than 100 us
 * (https://www.w3.org/TR/hr-time-3/#dfn-coarsen-time, not cross-origin isolated).
 */
#pragma once

#include "user/fold/record.h"

/* `secret`: a random number of the run. connection.id is a time, so it is scrambled by it. */
void cs_strict_apply(const struct cs_record *record, uint64_t secret, struct connspan_entry *entry);
