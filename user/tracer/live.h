/* SPDX-License-Identifier: MIT */
/* The parts of a live source, shared by live.c (running) and live_open.c (opening). */
#pragma once

#include <bpf/libbpf.h>

#include "user/base/cleanup.h"
#include "user/probe/hooks.h"
#include "user/probe/librarian.h"
#include "user/probe/watch.h"
#include "user/tracer/informant.h"
#include "user/tracer/pace.h"
#include "user/tracer/source.h"

struct cs_source {
    struct cs_pipeline *pipeline;
    struct cs_hooks *hooks;
    struct cs_shared *shared;
    struct ring_buffer *ring;
    struct cs_watch *watch;         /* NULL: no discovery after the start */
    struct cs_librarian *librarian; /* NULL: no uprobes */
    struct cs_informant informant;
    struct cs_pace pace;
    int epoll_fd;
    uint64_t ticked_ns;
    bool sweep_failed;    /* and it was said */
    unsigned sweep_turns; /* how often this one had to wait for room */
    uint64_t clock_told_ns;
    int clock_watch; /* -errno: none, the clock is looked at once an hour */
    uint64_t told_losses[CS_LOSS_COUNT];
};

int cs_live_ring(struct cs_source *source, int ring_fd); /* 0 or -errno */
void cs_live_close(struct cs_source *source);
