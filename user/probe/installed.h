/* SPDX-License-Identifier: MIT */
/*
 * Where distributions install what is worth a probe before its first user comes: that one may need
 * it sooner than a probe is on (curl: 5 ms from mapping libssl to its handshake).
 */
#pragma once

/* Calls back with each that is there; the descriptor is open for the call alone. */
void cs_installed_each(void (*visit)(void *context, int fd, const char *path), void *context);
