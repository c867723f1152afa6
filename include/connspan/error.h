/* SPDX-License-Identifier: MIT */
/* What the numbers mean that functions of this library return. Thread-safe. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Of 0 or -errno, in English: constant text, never NULL. The log callback is told more. */
const char *connspan_error_text(int error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
