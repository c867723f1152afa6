/* SPDX-License-Identifier: MIT */
/*
 * The only cast of raw bytes to events. Bytes come from a ring that other versions may have filled
 * and from tapes that anybody may have written: what passes here can be read without further
 * checks.
 */
#pragma once

#include <stddef.h>

#include "include/wire/event.h"

/* No record is longer: what a reader's buffer must hold. */
enum { CS_RECORD_MAX_BYTES = sizeof(struct cs_event_dns) + CS_CHUNK_MAX_BYTES };

/*
 * Checks the record at the start of `data`, of which `length` bytes are there, and casts it.
 * 0, or -EPROTO: cut short, misaligned, another version, an unknown kind, a value out of range.
 */
int cs_decode(const void *data, size_t length, const struct cs_event **event);
