/* SPDX-License-Identifier: MIT */
/*
 * Where OpenSSL's state machine, or gnutls_handshake, is about to return, at a jump that the kernel
 * emulates: there the object and the result lie in registers that calls preserve. It takes the
 * place of a return probe, which would kill a program that changes stacks inside of a handshake, as
 * programs with coroutines do: the kernel takes a thread's calls to return in reverse order. x86-64
 * alone.
 */
#pragma once

#include "user/elf/image.h"

struct cs_ending {
    uint64_t place; /* address; whatever ends in success passes it */
    uint8_t ssl;    /* registers, numbered as in ModRM with REX.B: the object, */
    uint8_t result; /* and what will be returned */
};

/* From the address of ossl_statem_connect. -ENOENT: not of a shape that can be trusted. */
int cs_ending_find(const struct cs_image *image, uint64_t connect, struct cs_ending *ending);

int cs_ending_find_gnutls(const struct cs_image *image, uint64_t handshake,
                          struct cs_ending *ending);
