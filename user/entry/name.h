/* SPDX-License-Identifier: MIT */
/*
 * The entry's name: the URL of the connection. https:// only where ALPN proves HTTP, since SNI
 * alone proves nothing; else tls:// or tcp://.
 */
#pragma once

#include "user/entry/address.h"
#include "user/fold/record.h"

/* Every byte of the longest SNI percent-encoded, and what stands around it. */
enum { CS_NAME_BYTES = 3 * CS_TLS_NAME_BYTES + 32 };

/* `address` stands in where neither SNI nor a lookup gives a name: the one a client dialled, or a
 * server was reached at. */
void cs_name_write(const struct cs_record *record, const struct cs_address *address,
                   char name[CS_NAME_BYTES]);

/* Whom a name, or the URL of a request, leads to: an address without brackets, what a URL's host
 * may not hold percent-encoded; "": nobody. Returns the port, also the one that a URL does not say;
 * 0: unknown. */
uint16_t cs_name_read(const char *name, char host[CS_NAME_BYTES]);

/* "host:port" of what a proxy was asked for. */
void cs_name_write_target(const struct cs_preamble_facts *tunnel, char name[CS_NAME_BYTES]);
