/* SPDX-License-Identifier: MIT */
/*
 * The finished entry as plain read-only data: one TCP connection, or one HTTP request on it, with
 * the marks of W3C Resource Timing (https://www.w3.org/TR/resource-timing/) and what the host knows
 * about it. Times are nanoseconds since the run's timeOrigin. 0 is the standard's zero;
 * CONNSPAN_UNKNOWN means not known. An entry and every string in it belong to the library and live
 * until the callback that received it returns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define CONNSPAN_UNKNOWN UINT64_MAX

enum connspan_role { CONNSPAN_ROLE_CLIENT = 0, CONNSPAN_ROLE_SERVER = 1, CONNSPAN_ROLE_BOTH = 2 };

enum connspan_outcome {
    CONNSPAN_CONNECTED,
    CONNSPAN_FAILED,
    CONNSPAN_ABORTED,    /* the program gave up: it closed the socket or was killed */
    CONNSPAN_ABANDONED,  /* lost a happy-eyeballs race (RFC 8305) */
    CONNSPAN_UNFINISHED, /* still in progress when the tracer stopped */
};

/* The marks as they happened, also where the standard zeroes them. CONNSPAN_UNKNOWN: not reached,
 * or no lookup is known. */
struct connspan_phases {
    uint64_t connect_start;
    uint64_t tcp_established;
    uint64_t tls_start;
    uint64_t tls_end;
    uint64_t failed;
    uint64_t domain_lookup_start;
    uint64_t domain_lookup_end;
};

struct connspan_error {
    const char *phase; /* "dns", "tcp", "proxy", "tls", "http"; NULL: no error, the other two are
                          then NULL too */
    const char
        *code; /* errno's name, TLS alert's (RFC 8446), a proxy's status, or eof, reset ... */
    const char *detail; /* NULL or one short sentence */
};

struct connspan_connection {
    uint64_t id; /* unique per run */
    enum connspan_role role;
    enum connspan_outcome outcome;
    struct connspan_error error;
    const char *local_address; /* text; v4-mapped addresses as IPv4; NULL unknown */
    const char *remote_address;
    uint16_t local_port;
    uint16_t remote_port;
    const char *family; /* "ipv4", "ipv6" */
    uint32_t netns;
    uint32_t syn_retransmits;
    uint32_t rtt_us; /* 0 unknown */
    bool reused;
    bool tfo;
    bool preexisting;
    bool late; /* TLS that began after the connection's own entry was written */
    const char
        *start_source; /* "fentry", "kprobe", "cgroup_connect", "state", "syn", "established" */
    uint64_t race_start;
    const char *const *flags; /* e.g. "order", "mptcp" */
    size_t flag_count;
};

struct connspan_process {
    uint32_t pid; /* 0 unknown */
    uint32_t tid;
    uint32_t uid;
    const char *comm;
    const char *thread;
    const char *exe;          /* NULL unknown, as below */
    const char *cgroup;       /* path in the v2 hierarchy */
    const char *container_id; /* 64 hex digits, as container engines name their cgroups */
};

struct connspan_tls {
    bool present;            /* false: no TLS, the rest is empty */
    const char *version;     /* "1.2", "1.3" */
    const char *cipher;      /* IANA name */
    const char *alpn;        /* the chosen one; NULL where it went encrypted (TLS 1.3) */
    const char *server_name; /* SNI */
    int resumed;             /* 1, 0, -1 unknown */
    int early_data;          /* offered by the client: 1, 0, -1 unknown */
    const char *library;
    const char *start_source; /* "uprobe", "wire" */
    const char *end_source;
    const char *bound_by; /* "thread", "fd", "none" */
    uint32_t calls;       /* of the handshake function; 0 unknown */
    const char *const *alpn_offered;
    size_t alpn_offered_count;
    int hello_retry; /* 1, 0, -1 unknown */
};

/* The proxy it went through to its target, which name and tls.serverName mean. */
struct connspan_proxy {
    const char *kind;   /* "socks4", "socks5", "connect", "https"; NULL: none */
    const char *target; /* host:port as the client asked for it; NULL: it did not, or unreadably */
    const char *server_name; /* "https": the proxy's own; NULL unknown */
};

/* The request, in an entry of one; else the entry is its connection's. Sizes: CONNSPAN_UNKNOWN. */
struct connspan_request {
    bool present;
    const char *method;       /* NULL: not seen, as inside TLS */
    uint16_t status;          /* 0: no response, or not seen */
    const char *content_type; /* "type/subtype"; "" unknown */
    const char *content_encoding;
    uint64_t encoded_body_size; /* of the response */
    uint64_t transfer_size;     /* by the standard: the body and 300 */
    uint64_t sent_bytes;        /* head and body of the request, as they went over the wire */
    uint64_t received_bytes;    /* the same of the response */
};

struct connspan_entry {
    size_t size;       /* of this struct in the library that filled it */
    uint64_t sequence; /* 1, 2, 3 ... in order of completion */
    const char *name;
    uint64_t unix_ns; /* startTime on the wall clock, by the newest anchor */

    /* PerformanceResourceTiming; what is missing here is constant for a host tracer */
    uint64_t start_time;
    uint64_t duration;
    uint64_t fetch_start;
    uint64_t domain_lookup_start;
    uint64_t domain_lookup_end;
    uint64_t connect_start;
    uint64_t connect_end;
    uint64_t secure_connection_start;
    uint64_t request_start;
    uint64_t first_interim_response_start;
    uint64_t final_response_headers_start;
    uint64_t response_start;
    uint64_t response_end;
    const char *next_hop_protocol; /* "" unknown */

    struct connspan_phases phases;
    struct connspan_connection connection;
    struct connspan_process process;
    struct connspan_tls tls;
    struct connspan_proxy proxy;
    struct connspan_request request;
};

/*
 * Writes the entry as one JSON object, without a newline, into `text` (at most `room` bytes with
 * the closing NUL). Returns the length it has or would have, as snprintf does. Thread-safe.
 */
size_t connspan_entry_json(const struct connspan_entry *entry, char *text, size_t room);

/* PerformanceEntry.entryType: "resource". */
const char *connspan_entry_type(const struct connspan_entry *entry);

/* One that lives until it is freed, with all its strings; NULL: out of memory. Thread-safe. */
struct connspan_entry *connspan_entry_copy(const struct connspan_entry *entry);
void connspan_entry_free(struct connspan_entry *copy);

/* PerformanceObserverEntryList. The entries belong to the list, and are never changed. */
struct connspan_entry_list {
    const struct connspan_entry *const *entries; /* in order of startTime */
    size_t count;
};

/* Those of the list that match exactly, as a list of their own. `type` may be NULL in _by_name. */
int connspan_entry_list_by_type(const struct connspan_entry_list *list, const char *type,
                                struct connspan_entry_list **found);
int connspan_entry_list_by_name(const struct connspan_entry_list *list, const char *name,
                                const char *type, struct connspan_entry_list **found);
void connspan_entry_list_free(struct connspan_entry_list *list); /* of a list that was given out */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
