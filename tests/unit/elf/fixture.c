/* SPDX-License-Identifier: MIT */
/*
 * A library shaped like libssl as far as user/elf looks at it: no code of OpenSSL, only its
 * exported names and two method tables. The functions that the tables hide are exported too, under
 * names that nobody looks for, so that a test knows the right answer.
 * FIXTURE_ODD_TABLE: a third slot differs, as in LibreSSL. FIXTURE_OLD: the names of OpenSSL 1.0.
 * FIXTURE_GNUTLS: those of GnuTLS.
 */
#define EXPORT __attribute__((visibility("default"), noinline, used))

struct method {
    int version;
    unsigned flags;
    unsigned long mask;
    void *(*slots[26])(void *);
};

static volatile int counter;

#ifdef FIXTURE_GNUTLS
int gnutls_handshake(void *session);
void gnutls_deinit(void *session);

EXPORT int gnutls_handshake(void *session)
{
    if (session)
        counter++;
    return counter;
}

EXPORT void gnutls_deinit(void *session)
{
    if (session)
        counter += 2;
}
#else
int SSL_do_handshake(void *ssl);
void *SSL_CTX_new(void *method);
void SSL_free(void *ssl);
int SSL_set_fd(void *ssl, int fd);
long SSL_ctrl(void *ssl, int command, long number, void *pointer);
int SSL_connect(void *ssl);
int SSL_accept(void *ssl);
int SSL_library_init(void);
void *expected_connect(void *ssl);
void *expected_accept(void *ssl);
const struct method *TLS_client_method(void);
const struct method *TLS_server_method(void);

EXPORT int SSL_do_handshake(void *ssl)
{
    counter++;
    return ssl != 0;
}

EXPORT void *SSL_CTX_new(void *method)
{
    counter += 2;
    return method;
}

EXPORT void SSL_free(void *ssl)
{
    if (ssl)
        counter += 3;
}

EXPORT int SSL_set_fd(void *ssl, int fd)
{
    if (ssl)
        counter += fd;
    return ssl != 0;
}

/* Its first instruction is a store: dear. */
EXPORT long SSL_ctrl(void *ssl, int command, long number, void *pointer)
{
    counter = command;
    return ssl != pointer ? number : 0;
}

/* From another library. */
#ifdef FIXTURE_OLD
void ERR_put_error(int library, int function, int reason);
#else
void ERR_vset_error(int library, int reason, const char *format);
#endif
void fails(int reason);

EXPORT void fails(int reason)
{
#ifdef FIXTURE_OLD
    ERR_put_error(20, 1, reason);
#else
    ERR_vset_error(20, reason, "");
#endif
    counter++;
}

EXPORT void *expected_connect(void *ssl)
{
    counter += 4;
    return ssl;
}

EXPORT void *expected_accept(void *ssl)
{
    counter += 5;
    return ssl;
}

#ifdef FIXTURE_OLD
EXPORT int SSL_connect(void *ssl)
{
    counter += 6;
    return ssl != 0;
}

EXPORT int SSL_accept(void *ssl)
{
    counter += 7;
    return ssl != 0;
}

EXPORT int SSL_library_init(void)
{
    return counter;
}
#else
static void *undefined(void *ssl)
{
    counter += 8;
    return ssl;
}

static void *common(void *ssl)
{
    counter += 9;
    return ssl;
}

#ifdef FIXTURE_ODD_TABLE
#define CLIENT_FLAGS 1
#else
#define CLIENT_FLAGS 0
#endif

static const struct method server = {
    0x10000, 0, 7, {common, common, common, expected_accept, undefined, common, common}};
static const struct method client = {
    0x10000,
    CLIENT_FLAGS,
    7,
    {common, common, common, undefined, expected_connect, common, common}};

EXPORT const struct method *TLS_client_method(void)
{
    return &client;
}

EXPORT const struct method *TLS_server_method(void)
{
    return &server;
}
#endif
#endif
