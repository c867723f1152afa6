/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * All state that the programs share, in one place; its shape stands in the header of its owner.
 * This object is linked first: libbpf 1.1's linker gives a map that it met as an extern before its
 * definition the offset 0.
 */
#include "conn.h"
#include "dns.h"
#include "listen.h"
#include "lookup.h"
#include "plain.h"
#include "process.h"
#include "ssl.h"
#include "ssl_blind.h"
#include "turns.h"
#include "uprobe.h"

const volatile struct cs_knobs knobs = {.trace_client = 1};
struct cs_shared shared = {};
__u32 conn_marks[1 << CONN_MARK_BITS] = {};
struct cs_count conn_counts[CS_MAX_CPUS_IN_ID] __attribute__((aligned(64))) = {};

struct ring_map ring SEC(".maps");
struct losses_map losses SEC(".maps");
struct conns_map conns SEC(".maps");
struct tree_map tree SEC(".maps");
struct turns_map turns_map SEC(".maps");
struct plains_map plains SEC(".maps");
struct listeners_map listeners SEC(".maps");
struct syns_map syns SEC(".maps");
struct dns_sockets_map dns_sockets SEC(".maps");
struct dns_servers_map dns_servers SEC(".maps");
struct lookup_calls_map lookup_calls SEC(".maps");
struct ssls_map ssls SEC(".maps");
struct ssl_threads_map ssl_threads SEC(".maps");
struct end_details_map end_details SEC(".maps");
struct ssl_names_map ssl_names SEC(".maps");
struct no_programs_map no_programs SEC(".maps");

/* "GPL" in a dual licence: the kernel grants its GPL-only helpers. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";
