/* SPDX-License-Identifier: MIT */
/* One copy of each thing that a record borrows. */
#include "user/fold/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void own(const char **text, char **copy)
{
    *copy = *text ? strdup(*text) : NULL;
    *text = *copy;
}

int cs_kept_copy(struct cs_kept *kept, const struct cs_record *record)
{
    *kept = (struct cs_kept){.record = *record};
    if (record->request) {
        kept->request = malloc(sizeof(*kept->request));
        if (!kept->request)
            return -ENOMEM;
        *kept->request = *record->request;
        kept->record.request = kept->request;
    }
    if (record->tunnel) {
        kept->tunnel = *record->tunnel;
        kept->record.tunnel = &kept->tunnel;
    }
    own(&kept->record.exe, &kept->texts[0]);
    own(&kept->record.cgroup, &kept->texts[1]);
    own(&kept->record.tls.library, &kept->texts[2]);
    own(&kept->record.lookup.name, &kept->texts[3]);
    return 0;
}

void cs_kept_free(struct cs_kept *kept)
{
    for (int i = 0; i < CS_KEPT_TEXTS; i++)
        free(kept->texts[i]);
    if (kept->request)
        explicit_bzero(kept->request, sizeof(*kept->request));
    free(kept->request);
}
