/* SPDX-License-Identifier: MIT */
/* Versions of TLS as their numbers on the wire and as people write them. */
#pragma once

#include <linux/types.h>

/* "1.0" ... "1.3"; NULL: none of these. */
const char *cs_tls_version_name(__u16 version);
