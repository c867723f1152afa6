/* SPDX-License-Identifier: MIT */
/*
 * Where OpenSSL holds a program's plain text, at places that the kernel emulates: SSL_read and
 * SSL_write themselves begin with instructions that it would have to single-step. Everything they
 * read and write goes through ssl_read and ssl_write of the SSL_METHOD, as does what SSL_read_ex,
 * SSL_write_ex and BIO_f_ssl do. A read is probed once, at a jump behind it, where its result is
 * there and its arguments still lie in registers that calls preserve. It is no return probe: with
 * SSL_MODE_ASYNC a read may run on a fibre, whose stack is swapped away in mid-call. x86-64 alone.
 */
#pragma once

#include "user/elf/method.h"

/* Numbers of registers as in ModRM, REX.B included: 3 is %rbx, 12 is %r12. */
struct cs_plain {
    uint64_t write;    /* address where ssl_write(ssl, data, length, written) can be probed */
    uint64_t read_end; /* in ssl_read(ssl, data, room, &length): %eax is its result */
    uint8_t ssl;       /* at read_end: the registers that hold its arguments */
    uint8_t data;
    uint8_t length_at;
    uint16_t want_offset;  /* in an SSL: what SSL_want tells */
    uint16_t state_offset; /* what SSL_in_init tells */
};

/* Addresses of functions that tell one field of an SSL. */
struct cs_plain_fields {
    uint64_t want;  /* SSL_want */
    uint64_t state; /* SSL_in_init */
};

/* -ENOENT: not of a shape that can be trusted. */
int cs_plain_find(const struct cs_image *image, const struct cs_method *method,
                  const struct cs_plain_fields *fields, struct cs_plain *plain);
