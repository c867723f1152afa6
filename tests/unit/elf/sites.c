/* SPDX-License-Identifier: MIT */
/* Whole files: of each shape, of this host, and broken in thousands of ways. */
#include "user/elf/sites.h"

#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MUTATIONS = 2000 };

/* The PLT is known on x86-64 alone. */
#ifdef __x86_64__
static const bool leads_out = true;
#else
static const bool leads_out = false;
#endif

static struct cs_sites find(const char *fixture)
{
    struct cs_image image = open_fixture(fixture);
    struct cs_sites sites = {0};

    cr_assert_eq(cs_sites_find(image.fd, fixture, NULL, &sites), 0, "%s", fixture);
    cr_expect_neq(sites.at[CS_SITE_DO_HANDSHAKE].function, 0, "%s", fixture);
    return sites;
}

#ifdef __x86_64__
static const bool ends = true;
#else
static const bool ends = false;
#endif

static bool has(const struct cs_sites *sites, enum cs_site_kind kind)
{
    return sites->at[kind].function != 0;
}

Test(sites, of_a_modern_library)
{
    struct cs_sites sites = find("plain");

    cr_expect(has(&sites, CS_SITE_STATEM_CONNECT) && has(&sites, CS_SITE_STATEM_ACCEPT));
    cr_expect_not(has(&sites, CS_SITE_CONNECT) || has(&sites, CS_SITE_ACCEPT));
    cr_expect(has(&sites, CS_SITE_FREE), "`test %%rdi,%%rdi; je` or `cbz x0`");
    cr_expect(has(&sites, CS_SITE_SET_FD));
    cr_expect_not(has(&sites, CS_SITE_SET_WFD), "there is none");
    cr_expect_not(has(&sites, CS_SITE_CTRL), "a probe would be dear");
    cr_expect_eq(has(&sites, CS_SITE_ERROR), leads_out);
    cr_expect_eq(has(&sites, CS_SITE_ERROR_CALL), leads_out);
    cr_expect_not(has(&sites, CS_SITE_ERROR_CALL_2) || has(&sites, CS_SITE_PUT_ERROR));
    cr_expect_eq(sites.build_id_bytes, 20);
}

Test(sites, of_a_library_with_other_tables)
{
    struct cs_sites sites = find("odd");

    cr_expect_not(has(&sites, CS_SITE_STATEM_CONNECT) || has(&sites, CS_SITE_STATEM_ACCEPT));
}

Test(sites, of_an_old_library)
{
    struct cs_sites sites = find("old");

    cr_expect(has(&sites, CS_SITE_CONNECT) && has(&sites, CS_SITE_ACCEPT));
    cr_expect_not(has(&sites, CS_SITE_STATEM_CONNECT));
    cr_expect_eq(has(&sites, CS_SITE_PUT_ERROR), leads_out);
    cr_expect_not(has(&sites, CS_SITE_ERROR) || has(&sites, CS_SITE_ERROR_CALL));
}

Test(sites, of_gnutls)
{
    struct cs_sites sites = find("gnutls");

    cr_expect_eq(has(&sites, CS_SITE_END), ends);
    cr_expect_not(sites.at[CS_SITE_DO_HANDSHAKE].dear);
    cr_expect(has(&sites, CS_SITE_FREE));
    cr_expect_not(has(&sites, CS_SITE_STATEM_CONNECT) || has(&sites, CS_SITE_SET_FD));
    cr_expect_eq(sites.build_id_bytes, 20);
}

Test(sites, of_a_program_that_exports_nothing)
{
    struct cs_sites sites = find("symtab");

    cr_expect(has(&sites, CS_SITE_STATEM_CONNECT), "through the methods");
}

Test(sites, none_in_this_program)
{
    struct cs_sites sites = {.build_id_bytes = 77};
    int fd = open("/proc/self/exe", O_RDONLY);

    cr_expect_eq(cs_sites_find(fd, "self", NULL, &sites), -ENOENT);
    cr_expect_eq(sites.build_id_bytes, 77, "untouched on failure");
}

Test(sites, minds_a_broken_file_only_by_its_name)
{
    struct cs_sites sites;
    int fd = memfd_create("victim", MFD_CLOEXEC);

    cr_assert_eq(write(fd, "garbage", 7), 7);
    cr_expect_eq(cs_sites_find(fd, "/opt/libssl.so.3", NULL, &sites), -ENOEXEC);
    cr_expect_eq(cs_sites_find(fd, "/libssl/memfd:doublemapper", NULL, &sites), -ENOENT);
    close(fd);
}

Test(sites, of_the_library_of_this_host)
{
    static const char *const paths[] = {"/usr/lib/x86_64-linux-gnu/libssl.so.3",
                                        "/usr/lib/aarch64-linux-gnu/libssl.so.3",
                                        "/usr/lib64/libssl.so.3"};
    struct cs_sites sites;
    int fd = -1;

    for (size_t i = 0; fd < 0 && i < sizeof(paths) / sizeof(*paths); i++)
        fd = open(paths[i], O_RDONLY);
    if (fd < 0)
        cr_skip_test("this host has no libssl.so.3");
    cr_assert_eq(cs_sites_find(fd, "libssl", NULL, &sites), 0);
    cr_expect(has(&sites, CS_SITE_STATEM_CONNECT) && has(&sites, CS_SITE_STATEM_ACCEPT));
    cr_expect_not(sites.at[CS_SITE_STATEM_CONNECT].dear);
    cr_expect_eq(has(&sites, CS_SITE_ERROR_CALL), leads_out);
}

/* What calls it is probed, not the libc that has it; where the way out is unknown, the libc. */
Test(sites, of_a_caller_of_getaddrinfo)
{
    struct cs_sites caller = {0}, sites = {0};
    struct cs_image image = open_fixture("caller");

    cr_assert_eq(cs_sites_find(image.fd, "/usr/bin/caller", NULL, &caller),
                 leads_out ? 0 : -ENOENT);
    cr_expect_eq(has(&caller, CS_SITE_LOOKUP), leads_out);
    cr_expect_eq(caller.build_id_bytes, leads_out ? 20 : 0);
    cr_expect_not(has(&caller, CS_SITE_DO_HANDSHAKE));
    cr_expect_eq(cs_sites_find(image.fd, "/usr/bin/bash", NULL, &sites), -ENOENT, "it forks a lot");
    sites = find("plain");
    cr_expect_not(has(&sites, CS_SITE_LOOKUP), "it does not call it");
}

Test(sites, of_the_libc_of_this_host)
{
    static const char *const paths[] = {"/usr/lib/x86_64-linux-gnu/libc.so.6",
                                        "/usr/lib/aarch64-linux-gnu/libc.so.6",
                                        "/usr/lib64/libc.so.6", "/lib/ld-musl-x86_64.so.1"};
    struct cs_sites sites = {0};
    int fd = -1;

    for (size_t i = 0; fd < 0 && i < sizeof(paths) / sizeof(*paths); i++)
        fd = open(paths[i], O_RDONLY);
    if (fd < 0)
        cr_skip_test("this host's libc is elsewhere");
    cr_expect_eq(cs_sites_find(fd, "/lib/libc.so.6", NULL, &sites), leads_out ? -ENOENT : 0);
    cr_expect_eq(has(&sites, CS_SITE_LOOKUP), !leads_out);
    cr_expect_not(has(&sites, CS_SITE_DO_HANDSHAKE));
    close(fd);
}

/* Copies with bits flipped or the end cut off: any answer will do, but one must come. */
Test(sites, survives_hostile_files)
{
    struct cs_image image = open_fixture("plain");
    size_t length = image.file_bytes;
    uint8_t *good = malloc(length), *bad = malloc(length);
    uint64_t state = 88172645463325252ULL;
    int answers[2] = {0};

    cr_assert_eq(pread(image.fd, good, length, 0), (ssize_t)length);
    for (int round = 0; round < MUTATIONS; round++) {
        int fd = memfd_create("victim", MFD_CLOEXEC);
        struct cs_sites sites;
        size_t kept = length;

        memcpy(bad, good, length);
        for (int i = 0; i < 1 + round % 16; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            /* Every other one in the first KiB, where the headers are. */
            bad[(state >> 8) % (i % 2 ? 1024 : length)] ^= (uint8_t)(1 << (state & 7));
        }
        if (round % 10 == 0)
            kept = state % length;
        cr_assert_eq(write(fd, bad, kept), (ssize_t)kept);
        answers[cs_sites_find(fd, "victim", NULL, &sites) == 0]++;
        close(fd);
    }
    cr_expect_gt(answers[0], 100, "the headers are really broken");
    cr_expect_gt(answers[1], 10, "and not all of them");
    free(good);
    free(bad);
}
