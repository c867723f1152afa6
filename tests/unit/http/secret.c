/* SPDX-License-Identifier: MIT */
/* Names of parameters that hold secrets. */
#include "user/http/secret.h"

#include <criterion/criterion.h>
#include <string.h>

static bool is_secret(const char *name)
{
    return cs_secret_is(name, strlen(name));
}

Test(secret, is_known_in_every_spelling)
{
    static const char *const names[] = {
        "token",
        "TOKEN",
        "access_token",
        "accessToken",
        "access-token",
        "X-Amz-Signature",
        "user[password]",
        "%70assword",
        "pass%77ord",
        "sig",
        "AWSAccessKeyId",
        "user.password",
        "client_secret",
        "api%5Fkey",
        "a[b][secret]",
        "token[]",
        "password[0]",
        "session.id",
        "user.password[a]",
        "token%5B%5D",
        "oauth_token",
        "oauth_signature",
        "oauth_verifier",
        "oauth_token_secret",
        "security-token",
        "OSSAccessKeyId",
        "secret_access_key",
        "x_auth_token",
        "api_secret",
        "app_secret",
        "new_password",
        "user_password",
        "reset_token",
        "authenticity_token",
        "hub.verify_token",
        "device_code",
        "passcode",
        "sessid",
        "PHPSESSID",
        "pw",
        "user_pass",
        "session_key",
        "auth_code",
        "appsecret_proof",
        "hdnts",
        "hdnea",
        "hdntl",
        "*~hmac",
        "code",
        "sid",
        "a-name-that-is-longer-than-any-of-the-list[password]",
        "a-name-that-is-longer-than-any-that-holds-a-secret-token",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect(is_secret(names[i]), "%s", names[i]);
}

Test(secret, is_known_between_what_servers_trim)
{
    static const char *const names[] = {
        "token%0A", "%09token", "to%0D%0Aken",       "token%20",
        "token+",   "token%00", "token%0B%0C%1f%7f", "token\t",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect(is_secret(names[i]), "%s", names[i]);
}

Test(secret, does_not_take_what_only_resembles_one)
{
    static const char *const names[] = {
        "",
        "q",
        "tokens",
        "passage",
        "keyboard",
        "page",
        "%",
        "%7",
        "code_page",
        "page_token_count",
        "token-of-a-name-that-is-longer-than-any-that-holds-one",
        "compass",
        "monkey",
        "compass~1",
        "hdn",
        "[].",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_not(is_secret(names[i]), "%s", names[i]);
    cr_expect(cs_secret_is("token=1", 5), "no further than its length");
}

Test(secret, may_run_into_a_cut_as_half_of_an_authority)
{
    static const struct {
        const char *target;
        size_t expected;
    } cuts[] = {
        {"http://alice:123456", 7},
        {"http://alice", 7},
        {"http://a/b", 10},
        {"/a?b=http://al", 12},
        {"/a/http://al", 10},
        {"//al", 2},
        {"/a@b", 4},
        {"", 0},
        {"http://al&ice", 7},
        {"/?a=http://b&c", 14},
        {"/?a=http%3A%2F%2Fal", 17},
        {"/?a=http%3A%2F%2Fal%2Fb", 23},
        {"/?a=http%3A%2F%2Fal%252F1", 17},
        {"/?a=http%3A%2F%2Fal/b", 21},
        {"/?a=http%3A%2F%2", 14},
        {"/a/http:/al", 9},
        {"/a/http:/al/b", 13},
        {"/?a=http%3A/al", 12},
        {"/a:b/c", 6},
        {":/al", 2},
    };

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        cr_expect_eq(cs_secret_proven_bytes(cuts[i].target, strlen(cuts[i].target)),
                     cuts[i].expected, "%s", cuts[i].target);
}
