/* SPDX-License-Identifier: MIT */
/* The rows: what can be said on the command line, and in which words it is explained. */
#include "user/cli/option_table.h"

#include <connspan/timeline.h>

#define AT(field) offsetof(struct cs_options, field)
#define LIVE      (CS_VERB_RECORD | CS_VERB_OBSERVE)
#define TRACE     (LIVE | CS_VERB_REPLAY)
#define EVERY     (TRACE | CS_VERB_DOCTOR | CS_VERB_REPORT)

#define OUTPUT    "Output"
#define SELECTION "Which connections"
#define OBSERVERS "Observers"
#define REPORT    "What to tell"
#define HOOKS     "How to see them"
#define COMMAND   "Running a command"
#define GENERAL   "General"

const char *const cs_option_groups[] = {OUTPUT, OBSERVERS, SELECTION, REPORT,
                                        HOOKS,  COMMAND,   GENERAL,   NULL};

const struct cs_choice cs_formats[] = {
    {"ndjson", CONNSPAN_FORMAT_NDJSON},
    {"table", CONNSPAN_FORMAT_TABLE},
    {"csv", CONNSPAN_FORMAT_CSV},
    {"otlp", CONNSPAN_FORMAT_OTLP},
    {"har", CONNSPAN_FORMAT_HAR},
    {"trace", CONNSPAN_FORMAT_TRACE},
    {"prometheus", CONNSPAN_FORMAT_PROMETHEUS},
    {NULL},
};

static const struct cs_choice roles[] = {
    {"client", CONNSPAN_ROLE_CLIENT},
    {"server", CONNSPAN_ROLE_SERVER},
    {"both", CONNSPAN_ROLE_BOTH},
    {NULL},
};

static const struct cs_choice url_parts[] = {
    {"origin", CONNSPAN_URL_ORIGIN},
    {"path", CONNSPAN_URL_PATH},
    {"full", CONNSPAN_URL_FULL},
    {NULL},
};

static const struct cs_choice groupings[] = {
    {"name", 1 << CONNSPAN_BY_NAME},
    {"comm", 1 << CONNSPAN_BY_COMM},
    {"remote", 1 << CONNSPAN_BY_REMOTE},
    {"container", 1 << CONNSPAN_BY_CONTAINER},
    {NULL},
};

static const struct cs_choice connect_hooks[] = {
    {"auto", CONNSPAN_HOOK_AUTO},
    {"fentry", CONNSPAN_HOOK_FENTRY},
    {"kprobe", CONNSPAN_HOOK_KPROBE},
    {"basic", CONNSPAN_HOOK_BASIC},
    {NULL},
};

/* clang-format off */
const struct cs_option cs_option_table[] = {
    {"output", 'o', TRACE, CS_OPTION_OUTPUTS, AT(outputs), "[FORMAT:]FILE", "-", OUTPUT,
     "write entries to FILE, - is standard output; may be given again for more files", cs_formats},
    {"format", 'f', TRACE, CS_OPTION_CHOICE, AT(format), "FORMAT",
     "table on a terminal, ndjson elsewhere", OUTPUT,
     "of - and unknown extensions: ndjson csv har trace otlp prometheus table", cs_formats},
    {"mode", 0, TRACE, CS_OPTION_MODE, AT(mode), "OCTAL", "0600, .prom 0644", OUTPUT,
     "permissions of a new output file"},
    {"rotate-size", 0, TRACE, CS_OPTION_BYTES, AT(rotate_bytes), "SIZE", NULL, OUTPUT,
     "close FILE as FILE.DATE.NNNN when it has this size (100M, 2G), and begin it anew"},
    {"rotate-every", 0, TRACE, CS_OPTION_TIME, AT(rotate_every_ns), "TIME", NULL, OUTPUT,
     "the same at every full TIME of UTC: 1h at each full hour, 1d at midnight"},
    {"keep", 0, TRACE, CS_OPTION_NUMBER, AT(keep), "N", "all", OUTPUT,
     "how many closed files to keep; the oldest are removed"},
    {"compress", 0, TRACE, CS_OPTION_FLAG, AT(compress), NULL, NULL, OUTPUT,
     "compress closed files by gzip, in the background"},
    {"duration", 'd', LIVE, CS_OPTION_TIME, AT(duration_ns), "TIME", NULL, OUTPUT,
     "stop after this time: 500ms, 10s (or 10), 5m, 2h, 1d"},
    {"tape", 0, CS_VERB_RECORD, CS_OPTION_TEXT, AT(tape), "FILE", NULL, OUTPUT,
     "also record the raw events to FILE, for connspan replay"},

    {"requests", 0, CS_VERB_RECORD | CS_VERB_REPLAY, CS_OPTION_FLAG, AT(requests), NULL, NULL, OUTPUT,
     "an entry for each HTTP request that can be seen, instead of its connection's"},
    {"plaintext", 0, CS_VERB_RECORD, CS_OPTION_FLAG, AT(plaintext), NULL, NULL, OUTPUT,
     "with --requests: read requests in TLS off OpenSSL, too (what is read: docs/plaintext.md)"},
    {"url", 0, CS_VERB_RECORD | CS_VERB_REPLAY, CS_OPTION_CHOICE, AT(url), "PARTS", "path", OUTPUT,
     "of a request's URL: origin, path (with the origin) or full (with the query)", url_parts},
    {"web-strict", 0, CS_VERB_RECORD | CS_VERB_REPLAY, CS_OPTION_FLAG, AT(web_strict), NULL, NULL, OUTPUT,
     "entries as a web page would get them: fetches for other origins opaque, times by 100 us"},

    {"listen", 0, CS_VERB_RECORD, CS_OPTION_TEXT, AT(listen), "SOCKET", NULL, OBSERVERS,
     "serve observers at SOCKET; a user sees the entries of own processes"},
    {"listen-group", 0, CS_VERB_RECORD, CS_OPTION_TEXT, AT(listen_group), "GROUP", "root's", OBSERVERS,
     "group of SOCKET, by name or number"},
    {"listen-mode", 0, CS_VERB_RECORD, CS_OPTION_MODE, AT(listen_mode), "OCTAL", "0666", OBSERVERS,
     "permissions of SOCKET: who may write may connect"},
    {"listen-all", 0, CS_VERB_RECORD, CS_OPTION_FLAG, AT(listen_all), NULL, NULL, OBSERVERS,
     "whoever may connect sees the entries of all users"},
    {"socket", 0, CS_VERB_OBSERVE, CS_OPTION_TEXT, AT(socket), "SOCKET", CONNSPAN_SOCKET, OBSERVERS,
     "where a running connspan record listens"},
    {"buffered", 0, CS_VERB_OBSERVE, CS_OPTION_FLAG, AT(buffered), NULL, NULL, OBSERVERS,
     "begin with the last 250 entries"},

    {"pid", 'p', TRACE, CS_OPTION_PIDS, AT(pids), "PID", NULL, SELECTION,
     "only of this process; record: and what it forks later"},
    {"comm", 'c', TRACE, CS_OPTION_TEXTS, AT(comms), "NAME", NULL, SELECTION,
     "only of processes, threads or executables of this name; * ? [a-z] are allowed"},
    {"port", 0, TRACE, CS_OPTION_PORTS, AT(ports), "PORT", NULL, SELECTION,
     "only to this remote port (role client) or local port (role server)"},
    {"cgroup", 0, TRACE, CS_OPTION_TEXTS, AT(cgroups), "PATH", NULL, SELECTION,
     "only of processes in this cgroup and those below it"},
    {"role", 0, TRACE, CS_OPTION_CHOICE, AT(role), "ROLE", "client", SELECTION,
     "this host's part in the connection: client, server or both", roles},

    {"by", 0, CS_VERB_REPORT, CS_OPTION_CHOICE, AT(by), "KEY", "one table by name, one by comm", REPORT,
     "one table: by name, comm (program), remote (address and port) or container", groupings},
    {"since", 0, CS_VERB_REPORT, CS_OPTION_MOMENT, AT(since), "TIME", NULL, REPORT,
     "only entries that start then or later: 2026-11-21T12:00:00Z, or 1h for an hour ago"},
    {"until", 0, CS_VERB_REPORT, CS_OPTION_MOMENT, AT(until), "TIME", NULL, REPORT,
     "only entries that start before then"},
    {"slowest", 0, CS_VERB_REPORT, CS_OPTION_NUMBER, AT(slowest), "N", "10; 200 with --html", REPORT,
     "show the N slowest connections, phase by phase"},
    {"top", 0, CS_VERB_REPORT, CS_OPTION_NUMBER, AT(rows), "N", "20", REPORT,
     "rows of a table, those with most connections; all others are one more row"},
    {"html", 0, CS_VERB_REPORT, CS_OPTION_TEXT, AT(html), "FILE", NULL, REPORT,
     "write one self-contained page for a browser to FILE, - is standard output"},

    {"hooks", 0, CS_VERB_RECORD, CS_OPTION_CHOICE, AT(connect_hook), "RUNG", "auto", HOOKS,
     "how connectStart is learned: auto, fentry, kprobe or basic", connect_hooks},
    {"no-uprobes", 0, CS_VERB_RECORD, CS_OPTION_FLAG, AT(no_uprobes), NULL, NULL, HOOKS,
     "do not probe libraries: TLS times come from the wire, names from DNS queries"},
    {"no-uretprobes", 0, CS_VERB_RECORD, CS_OPTION_FLAG, AT(no_uretprobes), NULL, NULL, HOOKS,
     "probe where library functions begin, not where they end; not getaddrinfo"},
    {"no-wire", 0, CS_VERB_RECORD, CS_OPTION_FLAG, AT(no_wire), NULL, NULL, HOOKS,
     "do not look at packets: no requests; TLS of programs that give OpenSSL a socket alone"},
    {"ring-size", 0, CS_VERB_RECORD, CS_OPTION_SIZE, AT(ring_bytes), "SIZE", "1M", HOOKS,
     "kernel buffer for events, e.g. 512K or 4M"},
    {"max-pending", 0, CS_VERB_RECORD, CS_OPTION_NUMBER, AT(max_pending), "N", "131072; 32768 before Linux 6.1", HOOKS,
     "connections in progress that the kernel may remember"},

    {"all", 'a', CS_VERB_RECORD, CS_OPTION_FLAG, AT(all), NULL, NULL, COMMAND,
     "with a command: trace the whole host all the same"},
    {"user", 'u', CS_VERB_RECORD, CS_OPTION_TEXT, AT(user), "NAME", NULL, COMMAND,
     "run the command as this user"},

    {"json", 0, CS_VERB_DOCTOR | CS_VERB_REPORT, CS_OPTION_FLAG, AT(json), NULL, NULL, GENERAL,
     "print what was found as one JSON object"},
    {"quiet", 'q', EVERY, CS_OPTION_FLAG, AT(quiet), NULL, NULL, GENERAL,
     "say nothing on standard error but errors"},
    {"verbose", 'v', EVERY, CS_OPTION_COUNT, AT(verbosity), NULL, NULL, GENERAL,
     "say more on standard error; twice for debugging"},
    {"help", 'h', EVERY, CS_OPTION_FLAG, AT(help), NULL, NULL, GENERAL, "explain and exit"},
    {"version", 0, EVERY, CS_OPTION_FLAG, AT(version), NULL, NULL, GENERAL,
     "print the version and exit"},
};
/* clang-format on */
const size_t cs_option_count = sizeof(cs_option_table) / sizeof(cs_option_table[0]);

const struct cs_verb_row cs_verb_table[] = {
    {"record", CS_VERB_RECORD, "[options] [-- command [args...]]", false,
     "trace this host, or the command and all that it starts"},
    {"replay", CS_VERB_REPLAY, "TAPE [options]", true,
     "make entries from a recorded tape; needs no root"},
    {"report", CS_VERB_REPORT, "[options] FILE...", true,
     "read entry files back, also gzipped: counts, percentiles, the slowest connections"},
    {"observe", CS_VERB_OBSERVE, "[options]", false,
     "print entries as they come, from a running connspan record that listens; needs no root"},
    {"doctor", CS_VERB_DOCTOR, "[--json]", false,
     "tell what works on this host, what is lost and how to get it"},
};
const size_t cs_verb_count = sizeof(cs_verb_table) / sizeof(cs_verb_table[0]);
