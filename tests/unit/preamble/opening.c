/* SPDX-License-Identifier: MIT */
/* First bytes: what they are taken for, and at which byte that is settled. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "user/preamble/talk.h"

#define BYTES(text) (const __u8 *)(text), sizeof(text) - 1

enum meaning { PLAIN, TLS, DIALOGUE };

static const struct {
    const __u8 *data;
    size_t length;
    size_t settled; /* bytes that must be seen */
    enum meaning meaning;
} rows[] = {
    {BYTES("\x16\x03\x01"), 3, TLS},
    {BYTES("\x16\x03\x05"), 3, PLAIN},
    {BYTES("\x17\x03\x03"), 1, PLAIN},
    {BYTES("\x04\x01"), 2, DIALOGUE},
    {BYTES("\x04\x00"), 2, PLAIN},
    {BYTES("\x05\x01"), 2, DIALOGUE},
    {BYTES("\x05\x00"), 2, PLAIN},
    {BYTES("CONNECT a:1"), 8, DIALOGUE},
    {BYTES("CONNECTION"), 8, PLAIN},
    {BYTES("connect a:1"), 1, PLAIN},
    {BYTES("PROXY UNKNOWN"), 6, DIALOGUE},
    {BYTES("\r\n\r\n\0\r\nQUIT\n\x20"), 13, DIALOGUE},
    {BYTES("\r\n\r\n\0\r\nQUIT\n\x10"), 13, PLAIN},
    {BYTES("\r\n\r\nGET"), 5, PLAIN},
    {BYTES("EHLO me\r\n"), 1, PLAIN},
    {BYTES("\0"), 1, PLAIN},
};

static void say_byte(struct cs_preamble *preamble, __u32 offset, __u8 byte)
{
    struct cs_event_chunk *chunk = calloc(1, sizeof(*chunk) + 1);

    cr_assert(chunk);
    chunk->event.ts_ns = offset + 1;
    chunk->offset = offset;
    chunk->data_bytes = 1;
    chunk->data[0] = byte;
    cs_preamble_add(preamble, chunk);
    free(chunk);
}

static void expect_meaning(const struct cs_preamble *preamble, size_t i)
{
    const struct cs_preamble_facts *facts = cs_preamble_facts(preamble);

    if (rows[i].meaning == PLAIN)
        cr_expect_eq(facts->plain_ns, rows[i].settled, "row %zu: %llu", i,
                     (unsigned long long)facts->plain_ns);
    else
        cr_expect_eq(facts->state, CS_PREAMBLE_OPEN, "row %zu", i);
    cr_expect_eq(preamble->step != NULL, rows[i].meaning == DIALOGUE, "row %zu", i);
}

Test(opening, is_settled_at_one_byte)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cs_preamble *preamble = cs_preamble_new();
        cs_step *undecided = preamble->step;

        for (size_t seen = 0; seen < rows[i].length; seen++) {
            cr_expect_eq(preamble->step == undecided, seen < rows[i].settled, "row %zu, %zu", i,
                         seen);
            say_byte(preamble, (__u32)seen, rows[i].data[seen]);
        }
        expect_meaning(preamble, i);
        cs_preamble_free(preamble);
    }
}
