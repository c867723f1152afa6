/* SPDX-License-Identifier: MIT */
/*
 * What of a URL is secret: user information, and the values of parameters that hold secrets by
 * their name. Names are compared without regard to case, "-", "_" and percent-encoding, each part
 * of "user[password]" by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool cs_secret_is(const char *name, size_t length);

struct cs_secret {
    size_t at;
    size_t length;
};

/*
 * The next one behind `from` in a path with its query: 0, or where the last one ended. URLs that
 * lie in it are looked through, too, however often they are percent-encoded. false: there is none.
 */
bool cs_secret_next(const char *text, size_t length, size_t from, struct cs_secret *secret);

/*
 * Of a target that was cut: all but an authority that ran into the cut, since it may be the begin
 * of user information.
 */
size_t cs_secret_proven_bytes(const char *target, size_t length);
