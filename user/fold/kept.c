/* SPDX-License-Identifier: MIT */
/* One copy of each thing that a record borrows. */
#include "user/fold/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* False: out of memory. */
static bool own(const char **text, char **copy)
{
    bool is_wanted = *text;

    *copy = is_wanted ? strdup(*text) : NULL;
    *text = *copy;
    return !is_wanted || *copy;
}

static bool own_texts(struct cs_kept *kept)
{
    struct cs_record *record = &kept->record;
    const char **const texts[CS_KEPT_TEXTS] = {
        &record->exe,         &record->cgroup,       &record->tls.library,
        &record->lookup.name, &record->error_detail, &record->proxy_server_name,
    };
    bool all = true;

    for (int i = 0; i < CS_KEPT_TEXTS; i++)
        all &= own(texts[i], &kept->texts[i]);
    return all;
}

int cs_kept_copy(struct cs_kept *kept, const struct cs_record *record)
{
    *kept = (struct cs_kept){.record = *record};
    if (record->request) {
        kept->request = malloc(sizeof(*kept->request));
        if (kept->request)
            *kept->request = *record->request;
        kept->record.request = kept->request;
    }
    if (record->tunnel) {
        kept->tunnel = *record->tunnel;
        kept->record.tunnel = &kept->tunnel;
    }
    if (own_texts(kept) && !record->request == !kept->request)
        return 0;
    cs_kept_free(kept);
    return -ENOMEM;
}

void cs_kept_free(struct cs_kept *kept)
{
    for (int i = 0; i < CS_KEPT_TEXTS; i++)
        free(kept->texts[i]);
    if (kept->request)
        explicit_bzero(kept->request, sizeof(*kept->request));
    free(kept->request);
    *kept = (struct cs_kept){0};
}
