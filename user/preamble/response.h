/* SPDX-License-Identifier: MIT */
/*
 * Where the response of a proxy that refused a CONNECT ends (RFC 9112 section 6): header fields and
 * the body, so that the response to the next request is found.
 */
#pragma once

#include "user/preamble/talk.h"

void cs_response_field(struct cs_response *response, const char *field);

/* Behind the empty line. After the body the client may ask again. */
void cs_response_skip_body(struct cs_preamble *preamble);
