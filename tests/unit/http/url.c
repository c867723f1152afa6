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
    {"*", "example.com", CS_URL_PATH, "http://example.com/"},
    {"/x", "h:", CS_URL_PATH, "http://h/x"},
    {"/x", "[::1]:", CS_URL_PATH, "http://[::1]/x"},
    {"/x", "h:080", CS_URL_PATH, "http://h:080/x"},
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
    {"9h://other/", NULL, CS_URL_PATH, "none"},
    /* secrets */
    {"http://user:pass@other/x", NULL, CS_URL_PATH, "http://other/x"},
    {"http://user:p@ss@other/x", NULL, CS_URL_PATH, "http://other/x"},
    {"http://user:pa/ss@other/x", NULL, CS_URL_ORIGIN, "http://other/"},
    {"http://user:p/a/ss@t@other:81/x", NULL, CS_URL_PATH, "http://other:81/x"},
    {"http://user:pass/x?a@b", NULL, CS_URL_PATH, "http://user/x"},
    {"http://host:81/x@y", NULL, CS_URL_PATH, "http://host:81/x@y"},
    {"http://host:/x@y", NULL, CS_URL_PATH, "http://host/x@y"},
    {"/", "user:pass@other", CS_URL_PATH, "http://other/"},
    {"/?token=abc", "a", CS_URL_FULL, "http://a/?token=REDACTED"},
    {"/?a=1&token=a;b=c&d", "a", CS_URL_FULL, "http://a/?a=1&token=REDACTED&d"},
    {"/?x=1;token=a;b/c?d&e", "a", CS_URL_FULL, "http://a/?x=1;token=REDACTED&e"},
    {"/?x=%2Fy%3Ftoken%3DS%3BT%26z&a", "a", CS_URL_FULL,
     "http://a/?x=%2Fy%3Ftoken%3DREDACTED%26z&a"},
    {"/a;token=b%3Bc;d=e", "a", CS_URL_FULL, "http://a/a;token=REDACTED;d=e"},
    {"/h%2Fx%3Ftoken%3DS%3BT;v=1", "a", CS_URL_PATH, "http://a/h%2Fx%3Ftoken%3DREDACTED;v=1"},
    {"/?token", "a", CS_URL_FULL, "http://a/?token"},
    {"/?token=", "a", CS_URL_FULL, "http://a/?token=REDACTED"},
    {"/?a=token=1", "a", CS_URL_FULL, "http://a/?a=token=REDACTED"},
    {"/x;jsessionid=1/y;v=2", "a", CS_URL_PATH, "http://a/x;jsessionid=REDACTED/y;v=2"},
    {"/password=1/x", "a", CS_URL_PATH, "http://a/password=REDACTED/x"},
    {"/a?next=/cb?token=S", "a", CS_URL_FULL, "http://a/a?next=/cb?token=REDACTED"},
    {"/a?token=a/b?c=d&e", "a", CS_URL_FULL, "http://a/a?token=REDACTED&e"},
    {"/a?x=http://u:S@h/y&z", "a", CS_URL_FULL, "http://a/a?x=http://REDACTED@h/y&z"},
    {"/a?x=http://u:S/s", "a", CS_URL_FULL, "http://a/a?x=http://u:REDACTED/s"},
    {"/a?x=http://u:80/s", "a", CS_URL_FULL, "http://a/a?x=http://u:80/s"},
    {"/web/2020/http://u:S@h/x", "a", CS_URL_PATH, "http://a/web/2020/http://REDACTED@h/x"},
    {"/web/http://u:p&S@h/x", "a", CS_URL_PATH, "http://a/web/http://REDACTED@h/x"},
    {"//u:S@h/x", "a", CS_URL_PATH, "http://a//REDACTED@h/x"},
    {"/a/http:/u:S@h/", "a", CS_URL_PATH, "http://a/a/http:/REDACTED@h/"},
    {"/a/http:/u:p/S@h/", "a", CS_URL_PATH, "http://a/a/http:/u:REDACTED/S@h/"},
    {"/a/http:/h:80/x:y@z", "a", CS_URL_PATH, "http://a/a/http:/h:80/x:y@z"},
    {"/a/http%3A%2Fu%3AS%40h", "a", CS_URL_PATH, "http://a/a/http%3A%2FREDACTED%40h"},
    {"/?u=http%3A/u:S@h&b", "a", CS_URL_FULL, "http://a/?u=http%3A/REDACTED@h&b"},
    {"/?u=http%253A%252Fu%253AS%2540h", "a", CS_URL_FULL,
     "http://a/?u=http%253A%252FREDACTED%2540h"},
    {"/a:b/c@d", "a", CS_URL_PATH, "http://a/a:b/c@d"},
    {"/@a:/b", "a", CS_URL_PATH, "http://a/@a:/b"},
    {"/?token%0A=S&%09pw=S", "a", CS_URL_FULL, "http://a/?token%0A=REDACTED&%09pw=REDACTED"},
    {"/?hdnts=exp=1~acl=/*~hmac=S&b", "a", CS_URL_FULL, "http://a/?hdnts=REDACTED&b"},
    {"/hdntl=exp=1~acl=/*~data=hdntl~hmac=S/x", "a", CS_URL_PATH,
     "http://a/hdntl=REDACTED/*~data=hdntl~hmac=REDACTED/x"},
    {"/a//b:c/d@e", "a", CS_URL_PATH, "http://a/a//b:REDACTED/d@e"},
    {"/a;x=1&token=S/b", "a", CS_URL_PATH, "http://a/a;x=1&token=REDACTED/b"},
    {"/?x=%2Fcb%3Ftoken%3DS%26y%3D1&z", "a", CS_URL_FULL,
     "http://a/?x=%2Fcb%3Ftoken%3DREDACTED%26y%3D1&z"},
    {"/?x=/cb%3Fa%3D1%26token%3DS%2526T&z", "a", CS_URL_FULL,
     "http://a/?x=/cb%3Fa%3D1%26token%3DREDACTED&z"},
    {"/?x=%2Fa%3Fy%3D%252Fb%253Fsid%253DS%2526c%26d", "a", CS_URL_FULL,
     "http://a/?x=%2Fa%3Fy%3D%252Fb%253Fsid%253DREDACTED%2526c%26d"},
    {"/?x=http%3A%2F%2Fu%3AS%40h%2F%3Fcode%3DS", "a", CS_URL_FULL,
     "http://a/?x=http%3A%2F%2FREDACTED%40h%2F%3Fcode%3DREDACTED"},
    {"/?x=http%3A%2F%2Fh%3A80%2Fy", "a", CS_URL_FULL, "http://a/?x=http%3A%2F%2Fh%3A80%2Fy"},
    {"/?x=http%3a%2f%2fh%3aS%2fy", "a", CS_URL_FULL, "http://a/?x=http%3a%2f%2fh%3aREDACTED%2fy"},
    {"/p/http%3A%2F%2Fh%2F%3Ftoken%3DS%2FT/y?z", "a", CS_URL_FULL,
     "http://a/p/http%3A%2F%2Fh%2F%3Ftoken%3DREDACTED/y?z"},
    {"/?x=h%23access_token%3DS", "a", CS_URL_FULL, "http://a/?x=h%23access_token%3DREDACTED"},
    {"/?token=S%26T&a", "a", CS_URL_FULL, "http://a/?token=REDACTED&a"},
    {"/?p%2561ssword=S", "a", CS_URL_FULL, "http://a/?p%2561ssword=REDACTED"},
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

/* What a connection in TLS goes by is an origin already. */
Test(url, leaves_out_whole_what_a_tape_has_a_part_of)
{
    cr_expect_str_eq(written("http://\032\032c:80/x", NULL, CS_URL_PATH),
                     "http://[2001:db8::1]:8080/x");
    cr_expect(url.is_hidden);
    cr_expect_str_eq(written("/a?b=//\032c", "h", CS_URL_FULL), "http://h/");
    cr_expect(url.is_hidden);
    cr_expect_str_eq(written("/a", "\032c", CS_URL_FULL), "http://[2001:db8::1]:8080/a");
    cr_expect(url.is_hidden);
    cr_expect_not(cs_url_read_authority(&url, "\032:1", 3));
}

Test(url, that_is_cut_is_proven_so_far)
{
    cr_expect_eq(cs_url_proven_bytes("http://u:p/as@s", 15), 7, "another @ may come");
    cr_expect_eq(cs_url_proven_bytes("http://u:p/a?s", 14), 14);
    cr_expect_eq(cs_url_proven_bytes("http://u:80/as", 14), 14);
    cr_expect_eq(cs_url_proven_bytes("http://user", 11), 7);
    cr_expect_eq(cs_url_proven_bytes("/a", 2), 2);
}

Test(url, of_an_origin_has_one_slash)
{
    cr_expect(cs_url_read_target(&url, "/x", 2, CS_URL_PATH));
    cs_url_write(&url, "https", "tls.test:8443/", text);
    cr_expect_str_eq(text, "https://tls.test:8443/x");
    cs_url_write(&url, "https", "tls.test:443/", text);
    cr_expect_str_eq(text, "https://tls.test/x");
}

Test(url, of_connect_is_an_authority)
{
    cr_expect(cs_url_read_authority(&url, "me:pw@Example.com:443", 21));
    cr_expect_str_eq(url.authority, "example.com:443");
    cr_expect_str_eq(url.path, "");
    cr_expect_not(cs_url_read_authority(&url, "example.com", 11));
    cr_expect_not(cs_url_read_authority(&url, "example.com:", 12));
    cr_expect_not(cs_url_read_authority(&url, "a:b", 3));
    cr_expect_not(cs_url_read_authority(&url, "a:1:2", 5));
    cr_expect_not(cs_url_read_authority(&url, "[::1]", 5));
    cr_expect_not(cs_url_read_authority(&url, "me:1@", 5));
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
