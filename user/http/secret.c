/* SPDX-License-Identifier: MIT */
/* Signed URLs of the large stores (as OpenTelemetry's url.full redacts them), OAuth 2.0 and OpenID
 * Connect, SAML, and the names by which keys, passwords and sessions commonly go. */
#include "user/http/secret.h"

#include <ctype.h>
#include <string.h>

#include "user/http/mark.h"

/* Without "-" and "_"; docs/urls.md has the same lists. */
static const char *const whole[] = {
    "appkey",
    "appsecretproof",
    "auth",
    "authcode",
    "authkey",
    "authorization",
    "bearer",
    "code",
    "codeverifier",
    "devicecode",
    "googleaccessid",
    "hdnea",
    "hdntl",
    "hdnts",
    "hmac",
    "idtokenhint",
    "jwt",
    "key",
    "keypairid",
    "nonce",
    "oauthverifier",
    "otp",
    "pass",
    "pin",
    "policy",
    "relaystate",
    "samlart",
    "samlrequest",
    "samlresponse",
    "session",
    "sessionkey",
    "sid",
    "sig",
    "sign",
    "state",
    "subscriptionkey",
    "ticket",
    "usercode",
    "userpass",
};

/* A name may have anything in front of these: "oauth_token", "PHPSESSID", "new-password". */
static const char *const endings[] = {
    "accesskey",  "accesskeyid", "apikey",    "assertion",  "credential", "credentials", "passcode",
    "passphrase", "passwd",      "password",  "privatekey", "pw",         "pwd",         "secret",
    "secretkey",  "sessid",      "sessionid", "signature",  "token",
};

static const char delimiters[] = "=/;?&#";

enum { NAME_BYTES = 32 }; /* longer than any of them */

/* White space and control characters, which some servers trim. */
static bool is_blank(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7f || byte == '+';
}

/* Takes off the next part of "user[password]", "session.id" or Akamai's "acl~hmac": decoded, in
 * lower case, as in the lists. Of one that is longer its end is kept, which no name of a list is
 * equal to. */
static void take_part(const char **name, const char *end, char part[NAME_BYTES])
{
    size_t written = 0;

    while (*name < end) {
        struct cs_mark mark = cs_mark_read(*name, (size_t)(end - *name), 0);
        char byte = mark.byte;

        *name += mark.end;
        if (byte && strchr("[.~", byte))
            break;
        if (is_blank(byte) || strchr("-_]", byte))
            continue;
        if (written == NAME_BYTES - 1)
            memmove(part, part + 1, --written);
        part[written++] = (char)tolower((unsigned char)byte);
    }
    part[written] = '\0';
}

static bool is_secret(const char *part)
{
    size_t length = strlen(part);

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i]);

        if (length >= ending && !strcmp(part + length - ending, endings[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        if (!strcmp(part, whole[i]))
            return true;
    }
    return false;
}

bool cs_secret_is(const char *name, size_t length)
{
    const char *end = name + length;
    char part[NAME_BYTES];

    while (name < end) {
        take_part(&name, end, part);
        if (is_secret(part))
            return true;
    }
    return false;
}

/* ---- in paths and queries ------------------------------------------------------------------- */

/* An authority in a path ends at a "/", in a query at a "&" as well. */
static const char *authority_ends(const char *text, size_t length)
{
    return length && memchr(text, '?', length) ? "/?#&" : "/?#";
}

/* Where the last "@" lies; `length`: there is none. */
static size_t find_last_at(const char *text, size_t length, size_t from)
{
    struct cs_mark mark = cs_mark_find(text, length, from, "@", CS_MARK_DEPTH_ANY);
    size_t last = length;

    for (; mark.byte; mark = cs_mark_find(text, length, mark.end, "@", CS_MARK_DEPTH_ANY))
        last = mark.at;
    return last;
}

/* Behind "//", or "scheme:/", a host is named, maybe with who asks it (RFC 3986 section 3.2.1);
 * what is no port may be half of a password, as in url.c. */
static bool find_user(const char *text, size_t length, size_t from, unsigned depth,
                      struct cs_secret *secret)
{
    size_t end = cs_mark_find(text, length, from, authority_ends(text, from), depth).at;
    size_t at = find_last_at(text, end, from);
    size_t port, digits;

    *secret = (struct cs_secret){from, at - from};
    if (at < end || from == end || cs_mark_read(text, end, from).byte == '[')
        return at < end;
    port = cs_mark_find(text, end, from, ":", CS_MARK_DEPTH_ANY).end;
    digits = port;
    while (digits < end && isdigit((unsigned char)text[digits]))
        digits++;
    *secret = (struct cs_secret){port, end - port};
    return digits < end;
}

/* It ends where the next parameter begins, or the path that it lies in as one segment. In a query a
 * ";" is one of its characters, as servers have it. */
static bool find_parameter(const char *text, size_t length, size_t from, struct cs_secret *secret)
{
    struct cs_mark mark = cs_mark_find(text, length, from, delimiters, CS_MARK_DEPTH_ANY);
    bool is_query = memchr(text, '?', from);
    size_t end;

    if (mark.byte != '=' || !cs_secret_is(text + from, mark.at - from))
        return false;
    end = cs_mark_find(text, length, mark.end, "&#", mark.depth).at;
    if (!is_query)
        end = cs_mark_find(text, end, mark.end, ";/?", 0).at;
    *secret = (struct cs_secret){mark.end, end - mark.end};
    return true;
}

static bool ends_in_colon(const char *text, size_t from, size_t end)
{
    struct cs_mark mark = {0};

    for (size_t at = from; at < end; at = mark.end)
        mark = cs_mark_read(text, end, at);
    return mark.byte == ':';
}

/* Is a host named behind it? So it is behind one slash where servers have merged two. */
static bool is_authority(const char *text, const struct cs_mark *before, const struct cs_mark *mark)
{
    return mark->byte == '/' && ((before->byte == '/' && before->end == mark->at) ||
                                 ends_in_colon(text, before->end, mark->at));
}

/* What stands between delimiters is a name, or behind two slashes an authority. */
bool cs_secret_next(const char *text, size_t length, size_t from, struct cs_secret *secret)
{
    struct cs_mark before, mark = {.end = from};

    do {
        before = mark;
        mark = cs_mark_find(text, length, before.end, delimiters, CS_MARK_DEPTH_ANY);
        if (is_authority(text, &before, &mark) &&
            find_user(text, length, mark.end, mark.depth, secret))
            return true;
        if (mark.byte && find_parameter(text, length, mark.end, secret))
            return true;
    } while (mark.byte);
    return false;
}

size_t cs_secret_proven_bytes(const char *target, size_t length)
{
    const char *ends = authority_ends(target, length);
    struct cs_mark before, mark = {0};
    size_t proven = length;
    unsigned depth = 0;

    do {
        before = mark;
        mark = cs_mark_find(target, length, before.end, ends, CS_MARK_DEPTH_ANY);
        if (mark.byte && mark.depth <= depth)
            proven = length;
        if (is_authority(target, &before, &mark)) {
            proven = mark.end;
            depth = mark.depth;
        }
    } while (mark.byte);
    return proven;
}
