/* SPDX-License-Identifier: MIT */
/*
 * What a piece of plain HTTP/1 says that no tape may hold: bodies, values of fields that no entry
 * is made from, user information and secrets in targets. It is overwritten where it lies, so that
 * lengths, line ends and all that head.h and url.h make of it stay.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * `data`: the captured start of a turn, or a later piece of it, judged alone. A piece that begins
 * within a message is overwritten but for lines that an entry is made from, and for chunk sizes at
 * its very start. Not for HTTP/2, which only its connection can tell: it would be destroyed.
 */
void cs_http_redact(uint8_t *data, size_t length);
