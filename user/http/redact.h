/* SPDX-License-Identifier: MIT */
/*
 * What plain HTTP/1 says that no tape may hold: bodies, and all that is not known to be a head; of
 * heads the values of fields that no entry is made from, user information and secrets in targets.
 * It is overwritten where it lies, so that lengths, and all that head.h, body.h and url.h make of
 * it, stay; but of a host or a path that is not known to be one before more comes, nothing does: it
 * reads as hidden (CS_URL_HIDDEN).
 */
#pragma once

#include "user/http/http1.h"

/*
 * `data`: the start of a turn, as far as it came, where `http1` has come to; `open`: the requests
 * without an end. The same again with more of it leaves what was left before, or less.
 */
void cs_http1_redact(const struct cs_http1 *http1, const struct cs_http_slot *open,
                     enum cs_direction direction, uint8_t *data, size_t length);
