/* SPDX-License-Identifier: MIT */
/* Names of versions. */
#include "user/tls/version.h"

#include <criterion/criterion.h>

Test(version, names)
{
    cr_expect_str_eq(cs_tls_version_name(0x0301), "1.0");
    cr_expect_str_eq(cs_tls_version_name(0x0302), "1.1");
    cr_expect_str_eq(cs_tls_version_name(0x0303), "1.2");
    cr_expect_str_eq(cs_tls_version_name(0x0304), "1.3");
    cr_expect_null(cs_tls_version_name(0x0300));
    cr_expect_null(cs_tls_version_name(0));
}
