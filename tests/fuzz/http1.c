/* SPDX-License-Identifier: MIT */
/* A connection of HTTP/1 made of turns that the input describes: http_turns.h. */
#include "tests/fuzz/http_turns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_http *http = cs_http_new(size % 3 == 0 ? CS_URL_FULL : CS_URL_PATH);

    fuzz_turns(http, data, size);
    cs_http_close(http, size % (CS_HTTP_ENDED_BROKEN + 1), 1);
    fuzz_exchanges(http);
    cs_http_free(http);
    return 0;
}
