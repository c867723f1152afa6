/* SPDX-License-Identifier: MIT */
/* Of a message nothing is left but bytes of its own, in every cut the same, and what is left of a
 * whole one is read no worse. The first byte says where it is cut. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/dns/message.h"
#include "user/dns/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From memory of exactly that size. */
static uint8_t *redacted(const uint8_t *data, size_t length, size_t whole)
{
    uint8_t *copy = malloc(length + !length);

    memcpy(copy, data, length);
    cs_dns_redact(copy, length, whole);
    for (size_t i = 0; i < length; i++)
        assert(copy[i] == data[i] || copy[i] == 0 || copy[i] == 'x');
    return copy;
}

static void compare(const uint8_t *said, const uint8_t *held, size_t length)
{
    static struct cs_dns_message one, other;
    int err = cs_dns_message_read(said, length, &one), err_held;

    err_held = cs_dns_message_read(held, length, &other);
    assert(err == -EBADMSG ? err_held == -EBADMSG : err_held == err || err_held == -ENOMSG);
    if (err_held == 0)
        assert(!strcmp(one.name, other.name) && one.rcode == other.rcode && one.id == other.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = size ? size - 1 : 0;
    uint8_t *held = redacted(data + !!size, length, length);
    uint8_t *again = redacted(held, length, length);

    compare(data + !!size, held, length);
    assert(!memcmp(held, again, length));
    free(again);
    if (size)
        free(redacted(data + 1, length * data[0] / 256, length));
    free(held);
    return 0;
}
