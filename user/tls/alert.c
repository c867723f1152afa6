/* SPDX-License-Identifier: MIT */
/* The table of alerts, as RFC 8446 appendix B.2 spells them, and those registered since. */
#include "user/tls/alert.h"

#include <stddef.h>

#include "user/tls/facts.h"

enum { LEVEL_WARNING = 1 };

static const char *const NAMES[] = {
    [0] = "close_notify",
    [10] = "unexpected_message",
    [20] = "bad_record_mac",
    [21] = "decryption_failed_RESERVED",
    [22] = "record_overflow",
    [30] = "decompression_failure_RESERVED",
    [40] = "handshake_failure",
    [41] = "no_certificate_RESERVED",
    [42] = "bad_certificate",
    [43] = "unsupported_certificate",
    [44] = "certificate_revoked",
    [45] = "certificate_expired",
    [46] = "certificate_unknown",
    [47] = "illegal_parameter",
    [48] = "unknown_ca",
    [49] = "access_denied",
    [50] = "decode_error",
    [51] = "decrypt_error",
    [52] = "too_many_cids_requested", /* RFC 9146 */
    [60] = "export_restriction_RESERVED",
    [70] = "protocol_version",
    [71] = "insufficient_security",
    [80] = "internal_error",
    [86] = "inappropriate_fallback",
    [90] = "user_canceled",
    [100] = "no_renegotiation_RESERVED",
    [109] = "missing_extension",
    [110] = "unsupported_extension",
    [111] = "certificate_unobtainable_RESERVED",
    [112] = "unrecognized_name",
    [113] = "bad_certificate_status_response",
    [114] = "bad_certificate_hash_value_RESERVED",
    [115] = "unknown_psk_identity",
    [116] = "certificate_required",
    [117] = "general_error",
    [120] = "no_application_protocol",
    [121] = "ech_required",
};

enum { NAMES_COUNT = sizeof(NAMES) / sizeof(NAMES[0]) };

const char *cs_alert_name(__s16 description)
{
    return description >= 0 && description < NAMES_COUNT ? NAMES[description] : NULL;
}

bool cs_alert_is_fatal(__u8 level, __u8 description, __u16 version)
{
    if (description == CS_ALERT_CLOSE_NOTIFY || description == CS_ALERT_USER_CANCELED)
        return false;
    /* RFC 8446 section 6: in TLS 1.3 all others are errors, whatever the level says. */
    return level != LEVEL_WARNING || version >= CS_TLS_1_3;
}
