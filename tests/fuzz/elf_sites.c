/* SPDX-License-Identifier: MIT */
/* Any file of a container may claim to be a TLS library: its sites lie inside it, or there are
 * none. */
#include "user/elf/sites.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct cs_image image;
    struct cs_sites sites;

    if (fd < 0)
        fd = memfd_create("libssl", MFD_CLOEXEC);
    assert(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
    /* Not by cs_sites_find: both machines are to be read on either. */
    if (cs_image_open(fd, "libssl", NULL, &image) || cs_sites_find_in(&image, &sites))
        return 0;
    assert(sites.at[CS_SITE_DO_HANDSHAKE].function);
    for (int i = 0; i < CS_SITE_COUNT; i++)
        assert(sites.at[i].function < size && sites.at[i].probe < size);
    return 0;
}
