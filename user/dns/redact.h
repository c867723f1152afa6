/* SPDX-License-Identifier: MIT */
/*
 * What of a DNS message a tape may hold: what a lookup of addresses is made from (message.h), that
 * is its header, a question for A or AAAA, and of the answers A, AAAA and aliases. All else is
 * overwritten where it lies, so that lengths, and what message.h makes of it, stay.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * `data`: the first `length` of the `whole` bytes of a message. Of a header or a question nothing
 * is left before all of it is there. false: it is no message, and nothing is left.
 */
bool cs_dns_redact(uint8_t *data, size_t length, size_t whole);
