/* SPDX-License-Identifier: MIT */
/* The names are a contract of the stats line. */
#include "user/entry/loss.h"

#include <criterion/criterion.h>

Test(loss, names)
{
    static const char *const names[CS_LOSS_COUNT] = {
        "ringConnection",
        "ringChunk",
        "ringBind",
        "ringHandshake",
        "ringEnd",
        "connectionsFull",
        "bindConflict",
        "pendingFull",
        "mmap",
        "library",
        "output",
        "order",
        "event",
        "tape",
        "hook",
        "tree",
        "marksDisagree",
        "ringDns",
        "dns",
        "ringTurn",
        "turnsFull",
        "request",
        "forgotten",
    };

    for (int loss = 0; loss < CS_LOSS_COUNT; loss++)
        cr_expect_str_eq(cs_loss_name(loss), names[loss]);
}

Test(loss, eight_kinds_miss_nothing)
{
    uint64_t totals[CS_LOSS_COUNT];

    for (int loss = 0; loss < CS_LOSS_COUNT; loss++)
        totals[loss] = 1;
    cr_expect_eq(cs_loss_sum(totals), CS_LOSS_COUNT - 8);
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_BIND_CONFLICT));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_ORDER));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_LIBRARY));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_HOOK));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_MARKS));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_DNS));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_FORGOTTEN));
    cr_expect_not(cs_loss_is_dropped(CS_LOSS_TURNS_FULL));
    cr_expect(cs_loss_is_dropped(CS_LOSS_PENDING_FULL));
}
