/* SPDX-License-Identifier: MIT */
/* Any bytes as the body of a ClientHello: what comes out must be strings that end. */
#include "user/tls/client_hello.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
{
    struct cs_tls_facts facts = {0};

    cs_client_hello_read(data, size, &facts);
    assert(strnlen(facts.server_name, CS_TLS_NAME_BYTES) < CS_TLS_NAME_BYTES);
    assert(facts.alpn_offered_count <= CS_TLS_ALPN_COUNT);
    for (int i = 0; i < facts.alpn_offered_count; i++)
        assert(strnlen(facts.alpn_offered[i], CS_TLS_ALPN_BYTES) < CS_TLS_ALPN_BYTES);
    return 0;
}
