/* SPDX-License-Identifier: MIT */
/* One row per counter. */
#include "user/entry/loss.h"

static const struct {
    const char *name;
    bool is_dropped;
} losses[] = {
    [CS_LOSS_RING_CONNECTION] = {"ringConnection", true},
    [CS_LOSS_RING_CHUNK] = {"ringChunk", true},
    [CS_LOSS_RING_BIND] = {"ringBind", true},
    [CS_LOSS_RING_HANDSHAKE] = {"ringHandshake", true},
    [CS_LOSS_RING_END] = {"ringEnd", true},
    [CS_LOSS_CONNECTIONS_FULL] = {"connectionsFull", true},
    [CS_LOSS_BIND_CONFLICT] = {"bindConflict", false}, /* the wire's marks stand in */
    [CS_LOSS_PENDING_FULL] = {"pendingFull", true},
    [CS_LOSS_MMAP] = {"mmap", true},
    [CS_LOSS_LIBRARY] = {"library", false}, /* as above */
    [CS_LOSS_OUTPUT] = {"output", true},
    [CS_LOSS_ORDER] = {"order", false}, /* the entry is there, flagged */
    [CS_LOSS_EVENT] = {"event", true},
    [CS_LOSS_TAPE] = {"tape", true},
    [CS_LOSS_HOOK] = {"hook", false}, /* most are repaired from the packets */
    [CS_LOSS_TREE] = {"tree", true},
    [CS_LOSS_MARKS] = {"marksDisagree", false}, /* the entry is there, flagged */
    [CS_LOSS_RING_DNS] = {"ringDns", true},
    [CS_LOSS_DNS] = {"dns", false}, /* the connection's entry is there, by its address */
    [CS_LOSS_RING_TURN] = {"ringTurn", true},
    [CS_LOSS_TURNS_FULL] = {"turnsFull", false}, /* the connection's entry is there */
    [CS_LOSS_REQUEST] = {"request", true},
    [CS_LOSS_FORGOTTEN] = {"forgotten", false}, /* the connection's entry is there */
};

_Static_assert(sizeof(losses) / sizeof(losses[0]) == CS_LOSS_COUNT, "a row for every counter");

const char *cs_loss_name(enum cs_loss loss)
{
    return losses[loss].name;
}

bool cs_loss_is_dropped(enum cs_loss loss)
{
    return losses[loss].is_dropped;
}

uint64_t cs_loss_sum(const uint64_t totals[CS_LOSS_COUNT])
{
    uint64_t sum = 0;

    for (int loss = 0; loss < CS_LOSS_COUNT; loss++)
        sum += losses[loss].is_dropped ? totals[loss] : 0;
    return sum;
}
