/* SPDX-License-Identifier: MIT */
/* AlertDescription (RFC 8446 section 6): names, and which alerts end a handshake. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

enum { CS_ALERT_CLOSE_NOTIFY = 0, CS_ALERT_USER_CANCELED = 90 };

/* "handshake_failure"; NULL: not registered. */
const char *cs_alert_name(__s16 description);

bool cs_alert_is_fatal(__u8 level, __u8 description, __u16 version);
