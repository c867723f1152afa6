/* SPDX-License-Identifier: MIT */
/* Any bytes as the body of a ServerHello. */
#include "user/tls/server_hello.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
    struct cs_tls_facts facts = {.resumed = -1};
    bool read = cs_server_hello_read(data, size, &facts);

    assert(strnlen(facts.alpn, CS_TLS_ALPN_BYTES) < CS_TLS_ALPN_BYTES);
    assert(read || (!facts.version && !facts.hello_retry));
    return 0;
}
