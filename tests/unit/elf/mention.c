/* SPDX-License-Identifier: MIT */
/* Names in tables of strings of any size. */
#include "user/elf/mention.h"

#include "fixture.h"

#include <sys/mman.h>

enum { WINDOW_BYTES = 64 << 10 };

/* A file of zeros with "getaddrinfo" at this place. */
static struct cs_image file_with_name_at(uint64_t at, uint64_t bytes)
{
    static const char name[] = "getaddrinfo";
    struct cs_image image = {.fd = memfd_create("names", MFD_CLOEXEC), .file_bytes = bytes};

    cr_assert_eq(ftruncate(image.fd, (off_t)bytes), 0);
    cr_assert_eq(pwrite(image.fd, name, sizeof(name), (off_t)at), sizeof(name));
    return image;
}

Test(mention, is_found_wherever_it_stands)
{
    static const uint64_t places[] = {0, 1, WINDOW_BYTES - 5, WINDOW_BYTES, 3 * WINDOW_BYTES - 12};

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct cs_image image = file_with_name_at(places[i], 3 * WINDOW_BYTES);

        cr_expect(cs_mentions(&image, 0, 3 * WINDOW_BYTES, "getaddrinfo"), "%zu", i);
        cr_expect_not(cs_mentions(&image, 0, 3 * WINDOW_BYTES, "getaddrinf"), "it goes on");
        close(image.fd);
    }
}

Test(mention, is_the_tables_alone)
{
    struct cs_image image = file_with_name_at(100, 200);

    cr_expect_not(cs_mentions(&image, 0, 111, "getaddrinfo"), "its end is cut off");
    cr_expect(cs_mentions(&image, 0, 112, "getaddrinfo"));
    cr_expect_not(cs_mentions(&image, 100, 3, "getaddrinfo"), "less than a name");
    cr_expect_not(cs_mentions(&image, 150, 100, "getaddrinfo"), "past the end of the file");
    close(image.fd);
}

/* A sparse file of any size costs its maker nothing. */
Test(mention, is_not_looked_for_in_what_no_program_has)
{
    struct cs_image image = file_with_name_at(0, 1ull << 40);

    cr_expect_not(cs_mentions(&image, 0, 1ull << 40, "getaddrinfo"));
    close(image.fd);
}
