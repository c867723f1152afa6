/* SPDX-License-Identifier: MIT */
/* Any file of a container may claim to be a TLS library, or to call getaddrinfo: its sites lie
 * inside it, or there are none. */
#include "user/elf/sites.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cs_sites *sites, size_t size)
{
    for (int i = 0; i < CS_SITE_COUNT; i++)
        assert(sites->at[i].function < size && sites->at[i].probe < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct cs_image image;
    struct cs_sites sites;

    if (fd < 0)
        fd = memfd_create("libssl", MFD_CLOEXEC);
    assert(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
    if (!cs_sites_find(fd, "program", NULL, &sites))
        check(&sites, size);
    /* That reads files for this machine alone: both machines are to be read on either. */
    if (cs_image_open(fd, "libssl", NULL, &image) || cs_sites_find_in(&image, &sites))
        return 0;
    assert(sites.at[CS_SITE_DO_HANDSHAKE].function);
    check(&sites, size);
    return 0;
}
