/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What registers hold that calls preserve, and %rax, by number in ModRM: 3 is %rbx, 12 is %r12. */
#pragma once

#include "kernel.h"

struct preserved {
    __u64 at[16];
};

/* No place that wants one is found on another machine. */
static __always_inline void preserved_read(const struct pt_regs *ctx, struct preserved *preserved)
{
#if defined(__TARGET_ARCH_x86)
    preserved->at[0] = ctx->ax;
    preserved->at[3] = ctx->bx;
    preserved->at[5] = ctx->bp;
    preserved->at[12] = ctx->r12;
    preserved->at[13] = ctx->r13;
    preserved->at[14] = ctx->r14;
    preserved->at[15] = ctx->r15;
#endif
}
