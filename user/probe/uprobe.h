/* SPDX-License-Identifier: MIT */
/*
 * Putting a loaded BPF program on places of a file, for all processes that have it mapped or will.
 * The file is given as an fd, so it may lie in another mount namespace or be deleted. Which places
 * and which program is decided elsewhere.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* expected_attach_type of programs for attach_multi: BPF_TRACE_UPROBE_MULTI, Linux 6.6. */
enum { CS_TRACE_UPROBE_MULTI = 48 };

struct cs_uprobe {
    int program_fd;
    int file_fd;
    const __u64 *offsets; /* in the file */
    const __u64 *cookies; /* one each; NULL = none */
    size_t count;
    bool is_return; /* when the function returns; offsets are those of functions */
};

/* All places by one link (Linux 6.6): its fd, or -errno. Closing it detaches. */
int cs_uprobe_attach_multi(const struct cs_uprobe *uprobe);

/*
 * Place number `index` by a perf event: an fd, or -errno. Closing it detaches. -EINVAL also where
 * cookies are wanted before Linux 5.15.
 */
int cs_uprobe_attach_perf(const struct cs_uprobe *uprobe, size_t index);

/*
 * Takes probes off, all at once: the kernel waits for each some 45 ms until nobody can be inside
 * it, and these waits overlap.
 */
void cs_uprobe_detach(const int *fds, size_t count);
