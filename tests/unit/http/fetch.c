/* SPDX-License-Identifier: MIT */
/* Fetch's TAO check, case by case. */
#include "user/http/fetch.h"

#include <criterion/criterion.h>
#include <string.h>

static const char url[] = "http://b.example:8080/x?y";

static struct cs_http_fetch of(const char *origin, const char *referer, const char *allow)
{
    struct cs_http_fetch fetch = {0};

    if (referer)
        cs_fetch_read_referer(&fetch, referer, strlen(referer));
    if (origin)
        cs_fetch_read_origin(&fetch, origin, strlen(origin));
    if (allow)
        cs_fetch_add_allow(&fetch, allow, strlen(allow));
    return fetch;
}

static bool is_opaque(const char *origin, const char *referer, const char *allow)
{
    struct cs_http_fetch fetch = of(origin, referer, allow);

    return cs_fetch_is_opaque(&fetch, url);
}

Test(fetch, nobody_said_whose_it_is)
{
    cr_expect_not(is_opaque(NULL, NULL, NULL));
    cr_expect_not(is_opaque(NULL, "about:blank", NULL));
    cr_expect_not(is_opaque("", "", NULL));
}

Test(fetch, of_whom_a_tape_has_a_part_is_foreign)
{
    cr_expect(is_opaque(NULL, "\032\032\032p://b.example:8080/page", NULL));
    cr_expect_not(is_opaque("http://b.example:8080", "\032", NULL));
    cr_expect(is_opaque("\032b.example", NULL, "\032b.example"));
    cr_expect_not(is_opaque("\032b.example", NULL, "*"));
}

Test(fetch, of_the_same_origin)
{
    cr_expect_not(is_opaque("http://b.example:8080", NULL, NULL));
    cr_expect_not(is_opaque(NULL, "http://b.example:8080/page#top", NULL));
    cr_expect_not(is_opaque(NULL, "http://b.example:8080", NULL));
}

Test(fetch, another_scheme_host_or_port_is_another_origin)
{
    cr_expect(is_opaque("https://b.example:8080", NULL, NULL));
    cr_expect(is_opaque("http://a.example:8080", NULL, NULL));
    cr_expect(is_opaque("http://b.example", NULL, NULL));
    cr_expect(is_opaque(NULL, "http://b.example/page", NULL));
    cr_expect(is_opaque("null", NULL, NULL));
}

Test(fetch, origin_is_believed_before_referer)
{
    cr_expect_not(is_opaque("http://b.example:8080", "http://a.example/", NULL));
    cr_expect(is_opaque("http://a.example", "http://b.example:8080/", NULL));
}

Test(fetch, allowed_by_name_or_to_all)
{
    cr_expect_not(is_opaque("http://a.example", NULL, "*"));
    cr_expect_not(is_opaque("http://a.example", NULL, "http://a.example"));
    cr_expect_not(is_opaque("http://a.example", NULL, "http://c.example, http://a.example \t"));
    cr_expect_not(is_opaque("http://a.example", NULL, ",, *"));
    cr_expect_not(is_opaque("null", NULL, "null"));
}

Test(fetch, not_allowed)
{
    cr_expect(is_opaque("http://a.example", NULL, ""));
    cr_expect(is_opaque("http://a.example", NULL, "http://a.example:80"));
    cr_expect(is_opaque("http://a.example", NULL, "http://A.example"), "it is case-sensitive");
    cr_expect(is_opaque("http://a.example", NULL, "http://a.example http://b.example"));
    cr_expect(is_opaque("http://a.example", NULL, "http://a.exampl"));
}

Test(fetch, several_fields_are_one_list)
{
    struct cs_http_fetch fetch = of("http://a.example", NULL, "http://c.example");

    cr_expect(cs_fetch_is_opaque(&fetch, url));
    cs_fetch_add_allow(&fetch, "http://a.example", 16);
    cr_expect_not(cs_fetch_is_opaque(&fetch, url));
}

Test(fetch, what_does_not_fit_is_not_allowed)
{
    struct cs_http_fetch fetch = of("http://a.example", NULL, NULL);
    char longest[CS_FETCH_ALLOW_BYTES];

    memset(longest, 'x', sizeof(longest));
    cs_fetch_add_allow(&fetch, longest, sizeof(longest) - 2);
    cs_fetch_add_allow(&fetch, "*", 1);
    cr_expect(cs_fetch_is_opaque(&fetch, url));
}

Test(fetch, no_list_holds_a_nul)
{
    struct cs_http_fetch fetch = of("http://a.example", NULL, NULL);

    cs_fetch_add_allow(&fetch, "*\0x", 3);
    cr_expect(cs_fetch_is_opaque(&fetch, url));
}

Test(fetch, one_that_does_not_fit_is_foreign)
{
    char longest[500] = "http://b.example:8080";
    size_t length = strlen(longest);
    struct cs_http_fetch fetch = of(NULL, "http://b.example:8080/", NULL);

    memset(longest + length, 'x', sizeof(longest) - length - 1);
    cs_fetch_read_origin(&fetch, longest, sizeof(longest) - 1);
    cr_expect(cs_fetch_is_opaque(&fetch, url));
    cr_expect(is_opaque(longest, NULL, NULL));
    cr_expect(is_opaque(NULL, longest, NULL));
    cr_expect(is_opaque(longest, NULL, "http://a.example"));
    cr_expect_not(is_opaque(longest, NULL, "*"));
}

Test(fetch, what_was_not_seen_may_be_foreign)
{
    struct cs_http_fetch fetch = of(NULL, "http://b.example:8080/", NULL);

    cs_fetch_read_cut(&fetch);
    cr_expect(cs_fetch_is_opaque(&fetch, url));
    fetch = of("http://b.example:8080", NULL, NULL);
    cs_fetch_read_cut(&fetch);
    cr_expect_not(cs_fetch_is_opaque(&fetch, url), "it was said");
}
