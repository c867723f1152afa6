/* SPDX-License-Identifier: MIT */
/* What of a target, a Host field and a peer's name becomes a URL, and what never does. */
#include "user/http/url.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct cs_url url;
static char text[CS_URL_BYTES];

static const char *written(const char *target, const char *host, enum cs_url_parts parts)
{
    if (!cs_url_read_target(&url, target, strlen(target), parts))
        return "none";
    if (host)
        cs_url_add_host(&url, host, strlen(host));
    cs_url_write(&url, "http", "[2001:db8::1]:8080", text);
    return text;
}

static const struct {
    const char *target;
    const char *host;
    enum cs_url_parts parts;
    const char *expected;
} rows[] = {
    {"/", "example.com", CS_URL_PATH, "http://example.com/"},
    {"/a/b?q=1", "example.com", CS_URL_PATH, "http://example.com/a/b"},
    {"/a/b?q=1", "example.com", CS_URL_ORIGIN, "http://example.com/"},
    {"/a/b?q=1&r=2", "example.com", CS_URL_FULL, "http://example.com/a/b?q=1&r=2"},
    {"/a#top", "example.com", CS_URL_FULL, "http://example.com/a"},
    {"/a?b#top", "example.com", CS_URL_FULL, "http://example.com/a?b"},
    {"/", NULL, CS_URL_PATH, "http://[2001:db8::1]:8080/"},
    {"/", "Example.COM:80", CS_URL_PATH, "http://example.com/"},
    {"/", "example.com:443", CS_URL_PATH, "http://example.com:443/"},
    {"/", "[2001:DB8::2]:81", CS_URL_PATH, "http://[2001:db8::2]:81/"},
    {"*", "example.com", CS_URL_PATH, "http://example.com"},
    {"http://other/x", "example.com", CS_URL_PATH, "http://other/x"},
    {"HTTPS://Other:443/x", "example.com", CS_URL_PATH, "https://other/x"},
    {"http://other", NULL, CS_URL_PATH, "http://other/"},
    {"http://other?q", NULL, CS_URL_FULL, "http://other/?q"},
    {"ftp://other:21/x", NULL, CS_URL_PATH, "ftp://other:21/x"},
    {"a b", NULL, CS_URL_PATH, "none"},
    {"", NULL, CS_URL_PATH, "none"},
    {"example.com:443", NULL, CS_URL_PATH, "none"},
    {"://other/", NULL, CS_URL_PATH, "none"},
    {"http://", NULL, CS_URL_PATH, "none"},
    {"h9://other/", NULL, CS_URL_PATH, "none"},
    /* secrets */
    {"http://user:pass@other/x", NULL, CS_URL_PATH, "http://other/x"},
    {"http://user:p@ss@other/x", NULL, CS_URL_PATH, "http://other/x"},
    {"http://user:pa/ss@other/x", NULL, CS_URL_ORIGIN, "http://user/"},
    {"/", "user:pass@other", CS_URL_PATH, "http://other/"},
    {"/?token=abc", "a", CS_URL_FULL, "http://a/?token=REDACTED"},
    {"/?a=1&token=a;b=c&d", "a", CS_URL_FULL, "http://a/?a=1&token=REDACTED;b=c&d"},
    {"/?token", "a", CS_URL_FULL, "http://a/?token"},
    {"/?token=", "a", CS_URL_FULL, "http://a/?token=REDACTED"},
    {"/?a=token=1", "a", CS_URL_FULL, "http://a/?a=token=1"},
    {"/x;jsessionid=1/y;v=2", "a", CS_URL_PATH, "http://a/x;jsessionid=REDACTED/y;v=2"},
    {"/password=1/x", "a", CS_URL_PATH, "http://a/password=REDACTED/x"},
    /* strange bytes */
    {"/\xc3\xa4\x01\"<%zz%41", "a", CS_URL_PATH, "http://a/%C3%A4%01%22%3C%zz%41"},
    {"/", "\xc3\xa4/<", CS_URL_PATH, "http://%C3%A4%2F%3C/"},
};

Test(url, is_what_may_be_shown)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_str_eq(written(rows[i].target, rows[i].host, rows[i].parts), rows[i].expected,
                         "row %zu: %s", i, text);
}

Test(url, of_connect_is_an_authority)
{
    cr_expect(cs_url_read_authority(&url, "me:pw@Example.com:443", 21));
    cr_expect_str_eq(url.authority, "example.com:443");
    cr_expect_str_eq(url.path, "");
    cr_expect_not(cs_url_read_authority(&url, "example.com", 11));
    cr_expect_not(cs_url_read_authority(&url, "example.com:", 12));
    cr_expect_not(cs_url_read_authority(&url, "http://a:1", 10));
    cr_expect_str_eq(url.authority, "");
}

Test(url, that_is_too_long_is_cut_at_a_character)
{
    char target[CS_URL_PATH_BYTES];

    memset(target, '"', sizeof(target));
    target[0] = '/';
    cr_expect(cs_url_read_target(&url, target, sizeof(target), CS_URL_PATH));
    cr_expect(url.is_cut);
    cr_expect_eq(strlen(url.path) % 3, 1);
    cr_expect_gt(strlen(url.path), CS_URL_PATH_BYTES - 5);
}

Test(url, has_no_half_of_a_name)
{
    char host[CS_URL_AUTHORITY_BYTES + 8];

    memset(host, 'a', sizeof(host));
    cr_expect(cs_url_read_target(&url, "/", 1, CS_URL_PATH));
    cs_url_add_host(&url, host, sizeof(host));
    cr_expect_str_eq(url.authority, "");
    cs_url_add_host(&url, "b", 1);
    cs_url_add_host(&url, "c", 1);
    cr_expect_str_eq(url.authority, "b", "the first that says it");
}

Test(url, never_overruns_what_it_is_written_to)
{
    char authority[CS_URL_BYTES + 1];

    memset(authority, 'a', sizeof(authority) - 1);
    authority[sizeof(authority) - 1] = '\0';
    cr_expect(cs_url_read_target(&url, "/x", 2, CS_URL_PATH));
    cs_url_write(&url, "http", authority, text);
    cr_expect_str_eq(text, "http://");
}
