# SPDX-License-Identifier: MIT
# What tools/run and tools/test share: words, packages, building. Sourced, never run.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Of the packages named, those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# bpftool is a package of its own in Debian and from Ubuntu 24.10 on; before, Ubuntu hides it.
bpftool_package() {
    if [ -n "$(apt-cache show bpftool 2>/dev/null | sed -n '/^Filename/p')" ]; then
        echo bpftool
    elif [ -z "$(command -v bpftool || ls /usr/sbin/bpftool 2>/dev/null)" ]; then
        echo linux-tools-generic
    fi
}

install_packages() {
    local missing
    command -v apt-get >/dev/null || die "no apt-get here: install these by hand, then build with cmake --preset release: $*"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "packages are missing; install them with: sudo apt-get install $(echo $missing)"
    say "installing: $(echo $missing)"
    # Only a stale list makes the first try fail: do not fetch lists on every run. What would take the
    # place of something that this host has is not installed.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove --no-install-recommends $missing >"$log" 2>&1 ||
        { apt-get update -q >"$log" 2>&1 &&
          DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove --no-install-recommends $missing >"$log" 2>&1; } ||
        { tail -n 5 "$log" >&2; die "apt-get could not install: $(echo $missing)"; }
}

# Daemons that tests start for themselves must not be left running by their packages: Debian's
# policy-rc.d says so while they are installed, unless the host has a policy of its own.
install_without_services() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [ -e "$policy" ] || [ "$(id -u)" != 0 ]; then
        install_packages "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    (trap - EXIT; install_packages "$@") || status=$?
    rm -f "$policy"
    [ "$status" = 0 ] || exit "$status"
}

build_packages() {
    echo gcc cmake make pkg-config clang llvm "$(bpftool_package)" libbpf-dev libelf-dev libnghttp2-dev libyajl-dev zlib1g-dev libcap-dev libseccomp-dev
}

# build PRESET [OPTIONS]: configure and build, quietly unless it fails. A second run only checks.
build() {
    say "building ($1)"
    (cd "$root" && cmake --preset "$1" >"$log" 2>&1 && cmake --build --preset "$@" -j "$(nproc)" >>"$log" 2>&1) ||
        { tail -n 30 "$log" >&2; die "the build failed (above)"; }
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
