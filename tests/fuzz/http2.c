/* SPDX-License-Identifier: MIT */
/* A connection of HTTP/2 made of turns that the input describes (http_turns.h); its preface and
 * first SETTINGS are in the seeds. */
#include "tests/fuzz/http_turns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_http *http = cs_http_new(CS_URL_FULL);

    fuzz_turns(http, data, size);
    cs_http_close(http);
    fuzz_exchanges(http);
    cs_http_free(http);
    return 0;
}
