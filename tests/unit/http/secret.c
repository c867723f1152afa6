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
        "token",           "TOKEN",          "access_token",  "accessToken", "access-token",
        "X-Amz-Signature", "user[password]", "%70assword",    "pass%77ord",  "sig",
        "AWSAccessKeyId",  "user.password",  "client_secret", "api%5Fkey",   "a[b][secret]",
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
        "password[a]",
        "a-name-that-is-longer-than-any-that-holds-a-secret-token",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect_not(is_secret(names[i]), "%s", names[i]);
    cr_expect(cs_secret_is("token=1", 5), "no further than its length");
}
