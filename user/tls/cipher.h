/* SPDX-License-Identifier: MIT */
/* TLS cipher suites by the number of the IANA registry. */
#pragma once

#include <linux/types.h>
#include <stddef.h>

/* "TLS_AES_128_GCM_SHA256"; NULL: not registered. */
const char *cs_cipher_name(__u16 number);

/* What authenticated encryption adds to a record of a TLS 1.3 suite. */
__u16 cs_cipher_tag_bytes(__u16 number);

struct cs_cipher_row {
    __u16 number;
    const char *name;
};

extern const struct cs_cipher_row CS_CIPHER_TABLE[]; /* ascending; cipher_table.c */
extern const size_t CS_CIPHER_TABLE_COUNT;

/* How much longer a record is than what it holds; 0: not always the same (CBC), or not known. */
__u16 cs_cipher_growth_bytes(__u16 version, __u16 number);
