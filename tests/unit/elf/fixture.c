/* SPDX-License-Identifier: MIT */
/*
 * A library shaped like libssl as far as user/elf looks at it: no code of OpenSSL, only its
 * exported names and two method tables. The functions that the tables hide are exported too, under
 * names that nobody looks for, so that a test knows the right answer.
 * FIXTURE_ODD_TABLE: a third slot differs, as in LibreSSL. FIXTURE_OLD: the names of OpenSSL 1.0.
 * FIXTURE_GNUTLS: those of GnuTLS. FIXTURE_CALLER: no TLS, but lookups; FIXTURE_FAR: with much code
 * in front of the PLT, as lld lays it.
 */
#define EXPORT __attribute__((visibility("default"), noinline, used))

struct method {
    int version;
    unsigned flags;
    unsigned long mask;
    void *(*slots[26])(void *);
};

static volatile int counter;

#if defined(FIXTURE_CALLER)
int getaddrinfo(const char *node, const char *service, const void *hints, void **result);
int look_up(const char *node);

#ifdef FIXTURE_FAR
__asm__(".section .init,\"ax\"\n.skip 200000\n.text"); /* the linker's script puts it there */
#endif

EXPORT int look_up(const char *node)
{
    void *result;

    counter++;
    return getaddrinfo(node, 0, 0, &result) ? 0 : 1;
}
#elif defined(FIXTURE_GNUTLS)
int gnutls_handshake(void *session);
void gnutls_deinit(void *session);

/* Of other libraries. */
int exchange(void *session, char *secret);
void forget(void *session);

EXPORT int gnutls_handshake(void *session)
{
    char secret[32];
    int result = exchange(session, secret);

    if (result < 0)
        return result;
    if (secret[0])
        result = exchange(session, secret);
    if (result < 0)
        return result;
    forget(session);
    return 0;
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
int SSL_want(const void *ssl);
int SSL_in_init(const void *ssl);
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

struct object {
    int version;
    int wants;
    int state;
    int asks;
    int in_read;
    int in_handshake;
    void *buffer;
    void (*callback)(struct object *, int, int);
    const struct method *method;
};

EXPORT int SSL_want(const void *ssl)
{
    return ((const struct object *)ssl)->wants;
}

EXPORT int SSL_in_init(const void *ssl)
{
    return ((const struct object *)ssl)->state;
}

/* Of another library. */
void release(void *buffer);
int converse(struct object *ssl);

__attribute__((noinline)) static int state_machine(struct object *ssl, int is_server)
{
    void (*callback)(struct object *, int, int) = ssl->callback;
    int result;

    if (ssl->state == 1)
        return -1;
    release(0);
    ssl->in_handshake++;
    result = converse(ssl);
    ssl->in_handshake--;
    release(ssl->buffer);
    if (callback)
        callback(ssl, is_server ? 0x2002 : 0x1002, result);
    return result;
}

int step_connect(void *ssl);
int step_accept(void *ssl);

EXPORT int step_connect(void *ssl)
{
    return state_machine(ssl, 0);
}

EXPORT int step_accept(void *ssl)
{
    return state_machine(ssl, 1);
}

typedef int transfer(struct object *, int type, void *data, unsigned long bytes, int peek,
                     unsigned long *done);

/* Of another library: what it preserves, only the ABI says. */
int *last_error(void);

static int read_or_peek(struct object *ssl, void *data, unsigned long bytes, int peek,
                        unsigned long *done)
{
    int result;

    *last_error() = 0;
    if (ssl->asks)
        common(ssl);
    ssl->in_read = 1;
    result = ((transfer *)ssl->method->slots[10])(ssl, 23, data, bytes, peek, done);
    if (result == -1 && ssl->in_read == 2)
        result = ((transfer *)ssl->method->slots[10])(ssl, 23, data, bytes, peek, done);
    else
        ssl->in_read = 0;
    return result;
}

static int read_data(struct object *ssl, void *data, unsigned long bytes, unsigned long *done)
{
    return read_or_peek(ssl, data, bytes, 0, done);
}

static int peek_data(struct object *ssl, void *data, unsigned long bytes, unsigned long *done)
{
    return read_or_peek(ssl, data, bytes, 1, done);
}

static int write_data(struct object *ssl, void *data, unsigned long bytes, unsigned long *done)
{
    *last_error() = 0;
    if (ssl->asks)
        common(ssl);
    return ((transfer *)ssl->method->slots[11])(ssl, 23, data, bytes, 0, done);
}

/*
 * As ssl_read: its arguments are in %rbx, %rbp and %r12 when the result is there, but that `before`
 * or `behind` the call something may have happened to %rbp.
 */
#ifdef __x86_64__
#define READ(name, before, behind)                                                                 \
    __asm__(".pushsection .text\n.globl " name "\n.type " name ",@function\n" name ":\n"           \
            "push %rbx\npush %rbp\npush %r12\nmov %rdi,%rbx\n" before "\nmov %rcx,%r12\n"          \
            "call *(%rbx)\n" behind                                                                \
            "\ncmp $-1,%eax\nje 1f\nnop\n1: pop %r12\npop %rbp\npop %rbx\n"                        \
            "ret\n.size " name ", . - " name "\n.popsection")

READ("read_well", "mov %rsi,%rbp", "cmp %rax,%rbp");
READ("read_half", "mov %esi,%ebp", "");
READ("read_late", "call read_well\nmov %rsi,%rbp", "");
READ("read_number", "mov %rsi,%rbp", "mov $1,%ebp");
READ("read_if", "mov %rsi,%rbp", "cmovne %rax,%rbp");
READ("read_wider", "mov %rsi,%rbp", "movzbl %al,%ebp");
READ("read_narrow", "mov %rsi,%rbp", "mov %ax,%bp");
READ("read_flag", "mov %rsi,%rbp", "sete %bpl");
READ("read_product", "mov %rsi,%rbp", "imul $3,%rax,%rbp");
READ("read_shifted", "mov %rsi,%rbp", "shl $4,%rbp");
READ("read_negated", "mov %rsi,%rbp", "neg %rbp");
READ("read_sum", "mov %rsi,%rbp", "add %rax,%rbp");
READ("read_swapped", "mov %rsi,%rbp", "xchg %rcx,%rbp");
#endif

#define DATA (void *)read_data, (void *)peek_data, (void *)write_data

#ifdef FIXTURE_ODD_TABLE
#define CLIENT_FLAGS 1
#else
#define CLIENT_FLAGS 0
#endif

static const struct method server = {
    0x10000, 0, 7, {common, common, common, expected_accept, undefined, DATA, common}};
static const struct method client = {
    0x10000, CLIENT_FLAGS, 7, {common, common, common, undefined, expected_connect, DATA, common}};

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
