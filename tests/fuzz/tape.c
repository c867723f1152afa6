/* SPDX-License-Identifier: MIT */
/* Any file: it is refused, or read to an end that stays. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/feed/tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("tape", MFD_CLOEXEC);
    struct connspan_run run = {0};
    const struct cs_event *event;
    struct cs_tape *tape;
    char path[32];
    int verdict;

    assert(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (!cs_tape_open(path, NULL, &tape)) {
        cs_tape_run(tape, &run);
        while ((verdict = cs_tape_next(tape, &event)) == 1)
            size -= event->size_bytes;
        assert(size >= sizeof(struct cs_tape_header) && verdict <= 0);
        assert(cs_tape_next(tape, &event) == verdict);
        cs_tape_close(tape);
    }
    close(fd);
    return 0;
}
