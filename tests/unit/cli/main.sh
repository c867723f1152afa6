#!/bin/sh
# SPDX-License-Identifier: MIT
# The program as a whole, with the fake library behind it: exit statuses, and who gets which text.
# usage: main.sh PROGRAM
connspan=$1
failed=0

# expect STATUS TEXT-ON-STDOUT TEXT-ON-STDERR arguments...
expect() {
    status=$1 out=$2 err=$3
    shift 3
    got_out=$("$connspan" "$@" 2>/dev/null)
    got_err=$("$connspan" "$@" 2>&1 >/dev/null)
    "$connspan" "$@" >/dev/null 2>&1
    got_status=$?
    if [ $got_status -ne "$status" ]; then
        echo "connspan $*: status $got_status, not $status"
        failed=1
    fi
    case $got_out in "$out"*) ;; *) echo "connspan $*: stdout: $got_out"; failed=1 ;; esac
    case $got_err in "$err"*) ;; *) echo "connspan $*: stderr: $got_err"; failed=1 ;; esac
}

expect 2 "" "connspan: when connections start"
expect 0 "connspan: when connections start" "" help
expect 0 "connspan: when connections start" "" --help
expect 0 "usage: connspan record" "" record --help
expect 0 "usage: connspan replay" "" help replay
expect 0 "connspan " "" --version
expect 2 "" "connspan: unknown command 'recrod' (did you mean record?)" recrod
expect 2 "" "connspan: record: unknown option --decrypt" record --decrypt
expect 2 "" "connspan: --output: two outputs to 'x'" record -o x -o table:x
expect 0 "header" "connspan: tracing" record -d 10ms
expect 5 "" "connspan: tracing" record -o /dev/null -- sh -c 'exit 5'
expect 0 "connspan " "" doctor
expect 0 "{" "" doctor --json

if "$connspan" --help >/dev/full 2>/dev/null; then
    echo "help into a full device: status 0"
    failed=1
fi
exit $failed
