/* SPDX-License-Identifier: MIT */
/* Names the functions, asks for their addresses, and turns them into offsets worth probing. */
#include "user/elf/sites.h"

#include "user/elf/calls.h"
#include "user/elf/ending.h"
#include "user/elf/import.h"
#include "user/elf/method.h"
#include "user/elf/plain.h"
#include "user/elf/prologue.h"
#include "user/elf/symbols.h"

#include "include/wire/knobs.h"

#include <errno.h>
#include <string.h>

enum { CODE_BYTES = 32 };

#if defined(__x86_64__)
static const uint16_t host_machine = EM_X86_64;
#elif defined(__aarch64__)
static const uint16_t host_machine = EM_AARCH64;
#else
#error "only x86-64 and arm64 are known here"
#endif

/* Exported ones first: the first that is missing decides whether .symtab is looked at. */
enum name {
    DO_HANDSHAKE,
    CTX_NEW,
    FREE,
    CLIENT_METHOD,
    SERVER_METHOD,
    SET_FD,
    SET_WFD,
    CTRL,
    WANT,
    IN_INIT,
    CONNECT,
    ACCEPT,
    LIBRARY_INIT,
    EXPORTED,
    STATEM_CONNECT = EXPORTED,
    STATEM_ACCEPT,
    NAMES,
};

static const char *const names[NAMES] = {
    [DO_HANDSHAKE] = "SSL_do_handshake",
    [CTX_NEW] = "SSL_CTX_new",
    [FREE] = "SSL_free",
    [CLIENT_METHOD] = "TLS_client_method",
    [SERVER_METHOD] = "TLS_server_method",
    [SET_FD] = "SSL_set_fd",
    [SET_WFD] = "SSL_set_wfd",
    [CTRL] = "SSL_ctrl",
    [WANT] = "SSL_want",
    [IN_INIT] = "SSL_in_init",
    [CONNECT] = "SSL_connect",
    [ACCEPT] = "SSL_accept",
    [LIBRARY_INIT] = "SSL_library_init",
    [STATEM_CONNECT] = "ossl_statem_connect",
    [STATEM_ACCEPT] = "ossl_statem_accept",
};

static void set_site(const struct cs_image *image, uint64_t vaddr, unsigned arguments,
                     struct cs_site *site)
{
    uint64_t function = vaddr ? cs_image_code_offset(image, vaddr) : 0;
    struct cs_prologue prologue;
    uint8_t code[CODE_BYTES];
    size_t bytes;

    if (!function)
        return;
    bytes = cs_image_read_code(image, vaddr, code, sizeof(code));
    prologue = cs_prologue_choose(image->machine, code, bytes, arguments);
    *site = (struct cs_site){function, function + prologue.offset, prologue.dear, 0};
}

static void set_plain_sites(const struct cs_image *image, const struct cs_method *method,
                            const struct cs_symbol *symbols, struct cs_site *at)
{
    const struct cs_plain_fields fields = {symbols[WANT].vaddr, symbols[IN_INIT].vaddr};
    struct cs_plain plain;
    uint64_t write, end;

    if (cs_plain_find(image, method, &fields, &plain))
        return;
    write = cs_image_code_offset(image, plain.write);
    end = cs_image_code_offset(image, plain.read_end);
    if (!write || !end)
        return;
    at[CS_SITE_WRITE] = (struct cs_site){write, write, false,
                                         CS_DETAIL_OF_WRITE(plain.want_offset, plain.state_offset)};
    at[CS_SITE_READ_END] = (struct cs_site){
        end, end, false, CS_DETAIL_OF_READ(plain.ssl, plain.data, plain.length_at)};
}

static void set_end(const struct cs_image *image, const struct cs_ending *ending, unsigned success,
                    struct cs_site *site)
{
    uint64_t place = cs_image_code_offset(image, ending->place);

    if (place)
        *site = (struct cs_site){place, place, false,
                                 CS_DETAIL_OF_END(success, ending->ssl, ending->result)};
}

/*
 * The state machine: from the method tables, else by name. A program that links OpenSSL statically
 * may hold one of the two methods only (cargo), and one of the two entries.
 */
static void set_statem(const struct cs_image *image, struct cs_symbol *symbols,
                       struct cs_sites *sites)
{
    struct cs_method method = {0};
    struct cs_ending ending;

    if (!symbols[CLIENT_METHOD].vaddr || !symbols[SERVER_METHOD].vaddr ||
        cs_method_find(image, symbols[CLIENT_METHOD].vaddr, symbols[SERVER_METHOD].vaddr,
                       &method)) {
        cs_symbols_find_static(image, symbols + EXPORTED, NAMES - EXPORTED);
        method.connect = symbols[STATEM_CONNECT].vaddr;
        method.accept = symbols[STATEM_ACCEPT].vaddr;
    }
    set_site(image, method.connect, 1, &sites->at[CS_SITE_STATEM_CONNECT]);
    set_site(image, method.accept, 1, &sites->at[CS_SITE_STATEM_ACCEPT]);
    if (!cs_ending_find(image, method.connect ? method.connect : method.accept, &ending))
        set_end(image, &ending, 1, &sites->at[CS_SITE_END]);
    set_plain_sites(image, &method, symbols, sites->at);
}

/* What helps, but is not worth a trap that must be single-stepped. */
static void set_cheap_sites(const struct cs_image *image, const struct cs_symbol *symbols,
                            struct cs_site *at)
{
    set_site(image, symbols[FREE].vaddr, 1, &at[CS_SITE_FREE]);
    set_site(image, symbols[SET_FD].vaddr, 2, &at[CS_SITE_SET_FD]);
    set_site(image, symbols[SET_WFD].vaddr, 2, &at[CS_SITE_SET_WFD]);
    set_site(image, symbols[CTRL].vaddr, 4, &at[CS_SITE_CTRL]);
    for (int i = CS_SITE_FREE; i <= CS_SITE_CTRL; i++) {
        if (at[i].dear)
            at[i] = (struct cs_site){0};
    }
}

static void set_place(const struct cs_image *image, uint64_t vaddr, bool dear, struct cs_site *site)
{
    uint64_t offset = cs_image_code_offset(image, vaddr);

    *site = (struct cs_site){offset, offset, dear, 0};
}

/*
 * Not the functions themselves: these are in libcrypto, which notes errors in the best of
 * handshakes (a decoder that does not fit) and hundreds while it reads a bundle of CAs. What libssl
 * passes on through its own PLT are errors of TLS, and of OpenSSL 3 the fatal ones alone.
 */
static void set_error_sites(const struct cs_image *image, struct cs_site *at)
{
    enum { PLACES = CS_SITE_ERROR_CALL_4 - CS_SITE_ERROR_CALL + 1 };
    uint64_t vset = cs_import_find(image, "ERR_vset_error"), calls[PLACES];
    size_t count = cs_calls_find(image, vset, CS_ERR_LIB_SSL, calls, PLACES);

    for (size_t i = 0; i < count; i++)
        set_place(image, calls[i], false, &at[CS_SITE_ERROR_CALL + i]);
    set_place(image, vset, true, &at[CS_SITE_ERROR]);
    if (!vset)
        set_place(image, cs_import_find(image, "ERR_put_error"), true, &at[CS_SITE_PUT_ERROR]);
}

static bool find_names(const struct cs_image *image, struct cs_symbol *symbols)
{
    for (size_t i = 0; i < NAMES; i++)
        symbols[i] = (struct cs_symbol){.name = names[i]};
    cs_symbols_find_dynamic(image, symbols, EXPORTED);
    if (!symbols[DO_HANDSHAKE].vaddr)
        cs_symbols_find_static(image, symbols, NAMES);
    return symbols[DO_HANDSHAKE].vaddr && symbols[CTX_NEW].vaddr;
}

/* GnuTLS is never stripped of its exports: those of a static one are not looked for. */
static int find_gnutls(const struct cs_image *image, struct cs_sites *sites)
{
    struct cs_symbol symbols[] = {{.name = "gnutls_handshake"}, {.name = "gnutls_deinit"}};
    struct cs_site *at = sites->at;
    struct cs_ending ending;

    cs_symbols_find_dynamic(image, symbols, 2);
    if (!cs_ending_find_gnutls(image, symbols[0].vaddr, &ending))
        set_end(image, &ending, 0, &at[CS_SITE_END]);
    set_site(image, symbols[0].vaddr, 1, &at[CS_SITE_DO_HANDSHAKE]);
    set_site(image, symbols[1].vaddr, 1, &at[CS_SITE_FREE]);
    if (at[CS_SITE_FREE].dear)
        at[CS_SITE_FREE] = (struct cs_site){0};
    return at[CS_SITE_DO_HANDSHAKE].function ? 0 : -ENOENT;
}

static int find_openssl(const struct cs_image *image, struct cs_symbol *symbols,
                        struct cs_sites *sites)
{
    struct cs_site *at = sites->at;

    set_site(image, symbols[DO_HANDSHAKE].vaddr, 1, &at[CS_SITE_DO_HANDSHAKE]);
    if (!at[CS_SITE_DO_HANDSHAKE].function)
        return -ENOENT;
    set_statem(image, symbols, sites);
    /* A function up to OpenSSL 1.0 and in LibreSSL and BoringSSL, a macro since OpenSSL 1.1. */
    if (symbols[LIBRARY_INIT].vaddr) {
        set_site(image, symbols[CONNECT].vaddr, 1, &at[CS_SITE_CONNECT]);
        set_site(image, symbols[ACCEPT].vaddr, 1, &at[CS_SITE_ACCEPT]);
    }
    set_cheap_sites(image, symbols, at);
    set_error_sites(image, at);
    return 0;
}

int cs_sites_find_in(const struct cs_image *image, struct cs_sites *sites)
{
    struct cs_sites found = {.build_id_bytes = image->build_id_bytes};
    struct cs_symbol symbols[NAMES];
    int err;

    err = find_names(image, symbols) ? find_openssl(image, symbols, &found)
                                     : find_gnutls(image, &found);
    if (err)
        return err;
    memcpy(found.build_id, image->build_id, sizeof(found.build_id));
    *sites = found;
    return 0;
}

/*
 * Programs map files of their own making executable (.NET's code lies in a memfd), and any broken
 * file will do for a test of theirs: only one that claims to be such a library is worth a word.
 */
static bool claims_tls(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strstr(slash ? slash : name, "libssl") != NULL;
}

/* libc.so.6, libc-2.31.so, ld-musl-x86_64.so.1, libc.musl-x86_64.so.1 */
static bool claims_libc(const char *base)
{
    return !strncmp(base, "libc.", 5) || !strncmp(base, "libc-", 5) ||
           !strncmp(base, "ld-musl-", 8);
}

/*
 * Of a libc a probe would be in every program: each pays for a page of its own at exec, and at fork
 * for the copy of a table of pages (8 % of both). So it is on what calls it, where the jump out of
 * the file costs little beside a lookup. A shell links it for /dev/tcp, and forks more than all
 * others. On arm64 the way out is not known.
 */
static void set_lookup_site(const struct cs_image *image, const char *name, struct cs_site *site)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    struct cs_symbol symbol = {.name = "getaddrinfo"};

    if (image->machine == EM_X86_64) {
        if (strcmp(base, "bash") != 0)
            set_place(image, cs_import_find(image, symbol.name), true, site);
    } else if (claims_libc(base)) {
        cs_symbols_find_dynamic(image, &symbol, 1);
        set_site(image, symbol.vaddr, 4, site);
    }
}

int cs_sites_find(int fd, const char *name, const struct cs_log *log, struct cs_sites *sites)
{
    bool matters = claims_tls(name);
    struct cs_sites found = {0};
    struct cs_image image;
    int err = cs_image_open(fd, name, matters ? log : NULL, &image);

    if (err)
        return matters ? err : -ENOENT;
    if (image.machine != host_machine)
        return -ENOENT;
    err = cs_sites_find_in(&image, &found);
    set_lookup_site(&image, name, &found.at[CS_SITE_LOOKUP]);
    if (err && !found.at[CS_SITE_LOOKUP].function)
        return err;
    memcpy(found.build_id, image.build_id, sizeof(found.build_id));
    found.build_id_bytes = image.build_id_bytes;
    *sites = found;
    return 0;
}
