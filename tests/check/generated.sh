#!/bin/sh
# SPDX-License-Identifier: MIT
# The generated manual page and completions are well formed, as far as their readers are installed.
# usage: generated.sh FOLDER (with man/, bash/, zsh/, fish/)
folder=$1
failed=0
checked=0

complain() {
    echo "$1"
    failed=1
}

if command -v groff >/dev/null; then
    checked=1
    warnings=$(groff -man -Tutf8 -ww -z "$folder/man/connspan.8" 2>&1)
    [ -z "$warnings" ] || complain "manual page: $warnings"
fi
for shell in bash zsh fish; do
    command -v $shell >/dev/null || continue
    checked=1
    for file in "$folder/$shell"/*; do
        $shell -n "$file" || complain "$file: $shell does not read it"
    done
done
if command -v bash >/dev/null; then
    # As the shell would ask for "connspan record --no-u<TAB>" and "connspan record --role s<TAB>".
    offered=$(bash -c '
        . "$0"
        COMP_WORDS=(connspan record --no-u) COMP_CWORD=2
        _connspan
        printf "%s " "${COMPREPLY[@]}"
        COMP_WORDS=(connspan record --role s) COMP_CWORD=3
        _connspan
        printf "%s " "${COMPREPLY[@]}"' "$folder/bash/connspan")
    [ "$offered" = "--no-uprobes --no-uretprobes server " ] || complain "bash offers: $offered"
fi
if [ $checked -eq 0 ]; then
    echo "skipped: neither groff nor a shell with completions is installed"
    exit 77
fi
exit $failed
