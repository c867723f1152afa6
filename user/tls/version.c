/* SPDX-License-Identifier: MIT */
/* Names of versions: the number that tls.protocol.version of OpenTelemetry and ECS want. */
#include "user/tls/version.h"

#include <stddef.h>

const char *cs_tls_version_name(__u16 version)
{
    switch (version) {
    case 0x0301:
        return "1.0";
    case 0x0302:
        return "1.1";
    case 0x0303:
        return "1.2";
    case 0x0304:
        return "1.3";
    }
    return NULL;
}
