/* SPDX-License-Identifier: MIT */
/*
 * Keeps the register of libraries in a thread of its own: a look into a file and a probe take tens
 * of milliseconds, to let go of one takes a tenth of a second, and the ring of records must be read
 * meanwhile. The thread begins with the first file there is to look at, when the program around us
 * may have given up rights: it has no others. What it has to tell it tells when it is heard.
 */
#pragma once

#include "user/probe/libraries.h"

struct cs_librarian;

/* As cs_libraries_new(). The two callbacks, on_library and the log's, run in cs_librarian_hear().
 */
struct cs_librarian *cs_librarian_new(const struct cs_libraries_options *options);

/* Waits for what it is at, and takes all probes off; what was not heard is lost. NULL is fine. */
void cs_librarian_free(struct cs_librarian *librarian);

/* All that is mapped and installed, done when it returns: before the other calls. */
void cs_librarian_scan(struct cs_librarian *librarian);

/* To be looked at soon. Of files already looked at, who maps them is noted. */
void cs_librarian_offer(struct cs_librarian *librarian, pid_t pid,
                        const struct cs_mapping *mapping);

/* cs_libraries_sweep(), soon. */
void cs_librarian_sweep(struct cs_librarian *librarian, uint64_t now_ns);

int cs_librarian_fd(const struct cs_librarian *librarian); /* readable (EPOLLET) when it spoke */

/* Hands over what there is to tell. A library is told before a probe on it can make a record. */
void cs_librarian_hear(struct cs_librarian *librarian);

unsigned cs_librarian_probed(const struct cs_librarian *librarian);
__u64 cs_librarian_failed(const struct cs_librarian *librarian);

/* Between cs_librarian_scan() and the first offer alone. */
const struct cs_libraries *cs_librarian_libraries(const struct cs_librarian *librarian);
