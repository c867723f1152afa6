/* SPDX-License-Identifier: MIT */
/*
 * SSL_R_* of OpenSSL's sslerr.h, as ERR_reason_error_string() words them: what can end a handshake.
 * The numbers are part of its ABI and hold from 1.1.1 on. An alert that was received has 1000 added
 * (SSL_AD_REASON_OFFSET).
 */
#include "user/fold/reason.h"

#include <stdio.h>

#include "user/tls/alert.h"

enum {
    ALERT_OFFSET = 1000,
    ALERTS = 256,
    PROTOCOL_IS_SHUTDOWN = 207,
    SHUTDOWN_WHILE_IN_INIT = 407
};

static const char *const words[] = {
    [100] = "app data in handshake",
    [101] = "no suitable key share",
    [102] = "bad dh value",
    [103] = "bad change cipher spec",
    [106] = "bad data returned by callback",
    [108] = "bad key share",
    [110] = "bad extension",
    [112] = "missing sigalgs extension",
    [114] = "bad psk identity",
    [116] = "bad protocol version number",
    [118] = "no suitable signature algorithm",
    [123] = "bad signature",
    [129] = "block cipher pad is wrong",
    [130] = "bn lib",
    [133] = "ccs received early",
    [134] = "certificate verify failed",
    [135] = "cert length mismatch",
    [141] = "compression failure",
    [145] = "data between ccs and finished",
    [146] = "data length too long",
    [147] = "decryption failed",
    [149] = "digest check failed",
    [150] = "encrypted length too long",
    [154] = "got a fin before a ccs",
    [155] = "https proxy request",
    [156] = "http request",
    [159] = "length mismatch",
    [164] = "too much early data",
    [168] = "missing rsa certificate",
    [170] = "missing rsa signing cert",
    [171] = "missing tmp dh key",
    [176] = "no certificates returned",
    [177] = "no certificate assigned",
    [178] = "unexpected end of early data",
    [179] = "no certificate set",
    [181] = "no ciphers available",
    [191] = "no protocols available",
    [193] = "no shared cipher",
    [198] = "packet length too long",
    [199] = "peer did not return a certificate",
    [205] = "invalid alert",
    [209] = "missing supported groups extension",
    [214] = "no change following hrr",
    [217] = "unsolicited extension",
    [219] = "bad psk",
    [220] = "signature for non signing certificate",
    [221] = "missing signing cert",
    [222] = "inconsistent early data alpn",
    [226] = "clienthello tlsext",
    [227] = "parse tlsext",
    [234] = "callback failed",
    [235] = "no application protocol",
    [241] = "insufficient security",
    [244] = "unexpected message",
    [245] = "unexpected record",
    [246] = "unknown alert type",
    [247] = "unknown certificate type",
    [252] = "unknown protocol",
    [253] = "binder does not verify",
    [254] = "unknown ssl version",
    [257] = "unsupported compression algorithm",
    [258] = "unsupported protocol",
    [259] = "unsupported ssl version",
    [260] = "invalid ccs message",
    [261] = "wrong cipher returned",
    [262] = "unexpected ccs message",
    [263] = "bad hrr version",
    [266] = "wrong ssl version",
    [267] = "wrong version number",
    [268] = "x509 lib",
    [275] = "serverhello tlsext",
    [281] = "decryption failed or bad record mac",
    [290] = "missing parameters",
    [291] = "application data after close notify",
    [292] = "bad legacy version",
    [294] = "unexpected eof while reading",
    [295] = "no suitable groups",
    [304] = "bad ecc cert",
    [306] = "bad ecpoint",
    [310] = "missing psk kex modes extension",
    [315] = "unsupported elliptic curve",
    [318] = "ecc cert not for signing",
    [319] = "ssl3 ext invalid servername",
    [328] = "invalid status response",
    [332] = "bad handshake length",
    [333] = "legacy sigalg disallowed or unsupported",
    [337] = "renegotiation mismatch",
    [338] = "unsafe legacy renegotiation disabled",
    [340] = "inconsistent compression",
    [360] = "signature algorithms error",
    [370] = "wrong signature type",
    [373] = "inappropriate fallback",
    [376] = "no shared signature algorithms",
    [377] = "cert cb error",
    [378] = "wrong curve",
    [383] = "wrong certificate type",
    [394] = "dh key too small",
    [396] = "version too low",
    [397] = "ca key too small",
    [398] = "ca md too weak",
    [399] = "ee key too small",
    [410] = "no shared groups",
    [443] = "bad record type",
};

static const char *words_of(__u32 reason)
{
    const char *known = reason < sizeof(words) / sizeof(words[0]) ? words[reason] : NULL;

    return known ? known : "unlisted reason";
}

bool cs_reason_is_aftermath(__u32 reason)
{
    return reason == PROTOCOL_IS_SHUTDOWN || reason == SHUTDOWN_WHILE_IN_INIT;
}

static const char *alert_of(__u32 reason)
{
    bool is_alert = reason >= ALERT_OFFSET && reason < ALERT_OFFSET + ALERTS;

    return is_alert ? cs_alert_name((__s16)(reason - ALERT_OFFSET)) : NULL;
}

void cs_reason_tell(__u32 reason, bool is_vague, struct cs_record *record)
{
    const char *alert = alert_of(reason);
    const char *known = record->error_detail;

    if (alert) {
        if (is_vague)
            record->error_code = alert;
        return;
    }
    snprintf(record->error_room, sizeof(record->error_room), "%s%slibrary: %s", known ? known : "",
             known ? "; " : "", words_of(reason));
    record->error_detail = record->error_room;
}
