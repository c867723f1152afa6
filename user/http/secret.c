/* SPDX-License-Identifier: MIT */
/* Signed URLs of the large stores (as OpenTelemetry's url.full redacts them), OAuth 2.0 and OpenID
 * Connect, SAML, and the names by which keys, passwords and sessions commonly go. */
#include "user/http/secret.h"

#include <ctype.h>
#include <string.h>

/* Without "-" and "_"; docs/urls.md has the same list. */
static const char *const secrets[] = {
    "accesskey",
    "accesskeyid",
    "accesstoken",
    "apikey",
    "apitoken",
    "appkey",
    "assertion",
    "auth",
    "authkey",
    "authorization",
    "authtoken",
    "awsaccesskeyid",
    "bearer",
    "clientassertion",
    "clientsecret",
    "code",
    "codeverifier",
    "credential",
    "credentials",
    "csrftoken",
    "googleaccessid",
    "hmac",
    "idtoken",
    "idtokenhint",
    "jsessionid",
    "jwt",
    "key",
    "keypairid",
    "logintoken",
    "nonce",
    "otp",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "pin",
    "policy",
    "privatekey",
    "privatetoken",
    "pwd",
    "refreshtoken",
    "relaystate",
    "samlart",
    "samlrequest",
    "samlresponse",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "sessiontoken",
    "sid",
    "sig",
    "sign",
    "signature",
    "ssotoken",
    "state",
    "subscriptionkey",
    "ticket",
    "token",
    "xamzcredential",
    "xamzsecuritytoken",
    "xamzsignature",
    "xapikey",
    "xgoogcredential",
    "xgoogsignature",
    "xsrftoken",
};

enum { NAME_BYTES = 32 };

static char hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? (char)(digit - '0')
                                         : (char)(tolower((unsigned char)digit) - 'a' + 10);
}

static char decode(const char **at, const char *end)
{
    const char *text = *at;

    if (text[0] == '%' && end - text > 2 && isxdigit((unsigned char)text[1]) &&
        isxdigit((unsigned char)text[2])) {
        *at += 3;
        return (char)(hex_value(text[1]) << 4 | hex_value(text[2]));
    }
    *at += 1;
    return text[0];
}

/* In lower case, decoded, as in the list; of "user[password]" and "user.password" the last part.
 * false: it is longer than any secret's name. */
static bool normalize(const char *name, size_t length, char out[NAME_BYTES])
{
    const char *end = name + length;
    size_t written = 0;

    while (name < end) {
        char byte = decode(&name, end);

        if (byte == '[' || byte == '.')
            written = 0;
        else if (byte == '\0' || strchr("-_]", byte))
            continue;
        else if (written == NAME_BYTES - 1)
            return false;
        else
            out[written++] = (char)tolower((unsigned char)byte);
    }
    out[written] = '\0';
    return true;
}

bool cs_secret_is(const char *name, size_t length)
{
    char text[NAME_BYTES];

    if (!normalize(name, length, text))
        return false;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (!strcmp(text, secrets[i]))
            return true;
    }
    return false;
}
