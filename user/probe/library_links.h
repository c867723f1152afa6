/* SPDX-License-Identifier: MIT */
/* The probes on one library: which program sits on which of its functions. */
#pragma once

#include "user/elf/sites.h"
#include "user/probe/hooks.h"

enum { CS_LIBRARY_MAX_LINKS = 22 };

struct cs_library_links {
    int fds[CS_LIBRARY_MAX_LINKS];
    unsigned count;
};

/* How to attach: by uprobe_multi, by perf events with a cookie, or (before 5.15) without. */
struct cs_library_programs {
    struct cs_uprobe_programs programs;
    bool multi;
    bool plaintext;
    bool ends;  /* of OpenSSL's and GnuTLS' handshakes */
    bool calls; /* instructions that call may be probed */
};

/* All entries or none; a return probe that fails costs names only. 0 or -errno. */
int cs_library_links_attach(const struct cs_library_programs *programs, int file_fd, __u16 number,
                            const struct cs_sites *sites, struct cs_library_links *links);
void cs_library_links_detach(struct cs_library_links *links);
