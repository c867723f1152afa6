/* SPDX-License-Identifier: MIT */
/*
 * Where a file carries an OpenSSL-like TLS library or GnuTLS, or calls getaddrinfo, and at which
 * file offsets these functions are to be probed. BoringSSL and LibreSSL count; NSS (whose
 * libssl3.so has other SSL_* functions) does not. Nothing is attached here.
 */
#pragma once

#include "user/elf/image.h"

enum cs_site_kind {
    CS_SITE_STATEM_CONNECT, /* entry only: these may run on a fibre stack (SSL_MODE_ASYNC) */
    CS_SITE_STATEM_ACCEPT,
    CS_SITE_DO_HANDSHAKE, /* SSL_do_handshake, gnutls_handshake */
    CS_SITE_CONNECT,      /* SSL_connect and SSL_accept, only in libraries where they do not */
    CS_SITE_ACCEPT,       /* pass through SSL_do_handshake: OpenSSL 1.0, LibreSSL */
    CS_SITE_FREE,         /* SSL_free, gnutls_deinit; as to CTRL only where a probe is cheap */
    CS_SITE_SET_FD,       /* SSL_set_fd; with the next one: the descriptor that bytes leave by */
    CS_SITE_SET_WFD,      /* SSL_set_wfd */
    CS_SITE_CTRL,         /* SSL_ctrl: a command, and the server name as the fourth argument */
    CS_SITE_ERROR_CALL,   /* where it calls ERR_vset_error (OpenSSL 3): up to four places */
    CS_SITE_ERROR_CALL_2, /* (a peer that hangs up is an error, too) */
    CS_SITE_ERROR_CALL_3,
    CS_SITE_ERROR_CALL_4,
    CS_SITE_ERROR,     /* where all these calls pass; dear */
    CS_SITE_PUT_ERROR, /* those of ERR_put_error: before, and LibreSSL; dear */
    CS_SITE_LOOKUP,    /* where its calls of getaddrinfo leave for libc */
    CS_SITE_WRITE,     /* the method's ssl_write, and behind ssl_read: user/elf/plain.h; cheap */
    CS_SITE_READ_END,
    CS_SITE_END, /* where a step of the handshake is about to return: user/elf/ending.h */
    CS_SITE_COUNT,
};

struct cs_site {
    uint64_t function; /* file offset of the function; 0 = not there */
    uint64_t probe;    /* file offset where an entry probe costs least; first argument intact */
    bool dear;         /* even there the kernel has to single-step */
    uint32_t detail;   /* for the program: what include/wire/knobs.h says of its probe; else 0 */
};

struct cs_sites {
    struct cs_site at[CS_SITE_COUNT]; /* CS_SITE_DO_HANDSHAKE or _LOOKUP is always there */
    uint8_t build_id[CS_BUILD_ID_BYTES];
    uint8_t build_id_bytes; /* 0 = none */
};

/*
 * 0; -ENOENT: no such library in it, or none this machine runs (32-bit, foreign); -ENOEXEC: no
 * valid ELF file though its name claims a TLS library, said once. `log` may be NULL.
 */
int cs_sites_find(int fd, const char *name, const struct cs_log *log, struct cs_sites *sites);

/* The same of an opened image, whatever machine it is for. */
int cs_sites_find_in(const struct cs_image *image, struct cs_sites *sites);
