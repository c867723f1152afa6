/* SPDX-License-Identifier: MIT */
/* Are probes of user code possible here, and harmless? Found out by trying, on ourselves. */
#pragma once

#include <stdbool.h>

/* Can cs_uprobe_attach_multi() attach? (Linux 6.6; load success proves nothing.) */
bool cs_uprobe_multi_supported(void);

/*
 * Can a return probe not kill a process that has a seccomp filter, or a shadow stack? On x86-64 the
 * return goes through a system call of its own since Linux 6.11, and until a later fix filters that
 * allow only what they know killed the process for it; and from 6.6, the first with shadow stacks,
 * until 6.11 it did not lead where these said. False also if no return probe can be attached.
 */
bool cs_uretprobe_is_safe(bool is_multi);
