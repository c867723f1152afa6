/* SPDX-License-Identifier: MIT */
/* A connection of HTTP/2 made of turns that the input describes (http_turns.h), or, behind a byte
 * that begins no turn, of packets; its preface and first SETTINGS are in the seeds. */
#include "tests/fuzz/http_turns.h"

enum { SPARSE = 0xff };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_http *http = cs_http_new(CS_URL_FULL);

    if (size && data[0] == SPARSE)
        fuzz_sparse(http, data + 1, size - 1);
    else
        fuzz_turns(http, data, size);
    cs_http_close(http, CS_HTTP_ENDED_BY_SERVER, 0);
    fuzz_exchanges(http);
    cs_http_free(http);
    return 0;
}
