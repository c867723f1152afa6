/* SPDX-License-Identifier: MIT */
/* Signed URLs of the large stores (as OpenTelemetry's url.full redacts them), OAuth 2.0 and OpenID
 * Connect, SAML, and the names by which keys, passwords and sessions commonly go. */
#include "user/http/secret.h"

#include <ctype.h>
#include <string.h>

static const char *const secrets[] = {
    "access_key",      "access_token",     "accesskey",        "api-key",
    "api_key",         "api_token",        "apikey",           "apitoken",
    "appkey",          "assertion",        "auth",             "auth_token",
    "authorization",   "authtoken",        "awsaccesskeyid",   "bearer",
    "client_assertion", "client_secret",   "code",             "code_verifier",
    "credential",      "credentials",      "csrf_token",       "googleaccessid",
    "hmac",            "id_token",         "id_token_hint",    "jsessionid",
    "jwt",             "key",              "key-pair-id",      "login_token",
    "nonce",           "otp",              "pass",             "passphrase",
    "passwd",          "password",         "phpsessid",        "pin",
    "policy",          "private_key",      "private_token",    "pwd",
    "refresh_token",   "relaystate",       "samlart",          "samlrequest",
    "samlresponse",    "secret",           "secret_key",       "session",
    "session_id",      "session_token",    "sessionid",        "sid",
    "sig",             "sign",             "signature",        "sso_token",
    "state",           "subscription-key", "ticket",           "token",
    "x-amz-credential", "x-amz-security-token", "x-amz-signature", "x-api-key",
    "x-goog-credential", "x-goog-signature", "xsrf_token",
};

enum { NAME_BYTES = 32 };

static int hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* In lower case, decoded. 0: longer than any secret's name. */
static size_t normalize(const char *name, size_t length, char out[NAME_BYTES])
{
    size_t written = 0;

    for (size_t i = 0; i < length; i++) {
        char byte = name[i];

        if (byte == '%' && length - i > 2 && isxdigit((unsigned char)name[i + 1]) &&
            isxdigit((unsigned char)name[i + 2])) {
            byte = (char)(hex_value(name[i + 1]) << 4 | hex_value(name[i + 2]));
            i += 2;
        }
        if (written == NAME_BYTES - 1)
            return 0;
        out[written++] = (char)tolower((unsigned char)byte);
    }
    out[written] = '\0';
    return written;
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
