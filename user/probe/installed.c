/* SPDX-License-Identifier: MIT */
/* Paths of Debian, Fedora and Alpine. */
#include "user/probe/installed.h"

#include <glob.h>
#include <stddef.h>

#include "user/base/cleanup.h"
#include "user/probe/maps.h"

static const char *const patterns[] = {
    /* OpenSSL and GnuTLS, and the commonest program that carries its own */
    "/usr/lib/*/libssl.so.[0-9]*",
    "/usr/lib64/libssl.so.[0-9]*",
    "/usr/lib/libssl.so.[0-9]*",
    "/usr/local/lib*/libssl.so.[0-9]*",
    "/usr/lib/*/libgnutls.so.[0-9]*",
    "/usr/lib64/libgnutls.so.[0-9]*",
    "/usr/bin/node",
    "/usr/local/bin/node",
    /* what most programs look names up by */
    "/usr/lib/*/libcurl*.so.4",
    "/usr/lib64/libcurl*.so.4",
    "/usr/lib/*/libcrypto.so.[0-9]*",
    "/usr/lib64/libcrypto.so.[0-9]*",
    "/usr/lib/*/libpq.so.[0-9]*",
    "/usr/lib/*/libpython3.*.so.[0-9]*",
    "/usr/lib/*/perl-base/auto/Socket/Socket.so",
    "/usr/lib/*/perl/*/auto/Socket/Socket.so",
    "/usr/lib/*/ruby/*/socket.so",
    "/usr/lib/jvm/*/lib/libnet.so",
    "/usr/lib/git-core/git-remote-http",
    "/usr/lib/apt/methods/http",
    "/usr/bin/python3.[0-9]*",
    "/usr/bin/php[0-9]*",
    "/usr/bin/getent",
    "/usr/bin/ssh",
    "/usr/bin/wget",
};

void cs_installed_each(void (*visit)(void *context, int fd, const char *path), void *context)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        glob_t found = {0};

        glob(patterns[i], GLOB_NOSORT, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            cs_auto_fd int fd = cs_open_regular(found.gl_pathv[k], 0);

            if (fd >= 0)
                visit(context, fd, found.gl_pathv[k]);
        }
        globfree(&found);
    }
}
