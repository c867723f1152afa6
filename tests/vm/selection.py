# SPDX-License-Identifier: MIT
"""Which of the live tests run in a guest: what depends on the kernel, or on which hooks it has."""

PLAIN = ["test_plain.Plain.test_blocking", "test_plain.Plain.test_ipv6"]
TLS = ["test_tls.Tls.test_13_blocking", "test_tls.Tls.test_12_blocking"]

# What every rung must do: every kind of client, of failure and of network.
EVERY = PLAIN + TLS + """
    test_plain.Plain.test_nonblocking test_plain.Plain.test_v4_mapped_reads_as_ipv4
    test_plain.Plain.test_silence_is_complete_after_a_second
    test_tls.Tls.test_nonblocking test_tls.Tls.test_memory_bio
    test_clients.Clients.test_curl test_clients.Clients.test_s_client
    test_clients.Clients.test_python_blocking test_clients.Clients.test_node_https
    test_failures.Tcp.test_refused test_failures.Tcp.test_timed_out
    test_failures.Tcp.test_unreachable_after_the_syn
    test_failures.Tcp.test_unreachable_before_any_syn
    test_delay
""".split()

# And what depends on the kernel more than on the rung.
BEST = EVERY + """
    test_plain.Plain.test_half_closed test_plain.Plain.test_threads_are_told_apart
    test_tls.Tls.test_early_data test_tls.Tls.test_client_certificate
    test_tls.Tls.test_tls_after_a_long_silence_is_late
    test_clients.Clients.test_s_client_async_survives test_clients.Clients.test_go
    test_failures.Tcp.test_killed_in_syn_sent test_failures.Tcp.test_a_lost_syn_is_counted
    test_failures.Tcp.test_refused_then_connected_on_one_socket
    test_failures.Tls.test_server_resets test_failures.Tls.test_client_does_not_trust
    test_sockets.Ways
""".split()

# What a probe could kill.
SAFETY = ["test_uprobe_safety.Traced"]

# That the library tells, too, and not the wire in its stead.
SOURCES = ["test_sources"]

# What a library tells without the wire.
NO_WIRE = ["test_tls.NoWire.test_marks_of_the_library",
           "test_tls.NoWire.test_plain_and_memory_bio_stay_plain"]

# These start tracers of their own.
ALONE = ["test_sockets.Before", "test_sockets.Unfinished", "test_skipped", "test_stack",
         "test_clock", "test_netem", "test_rights.Kept.test_by_every_thread", "test_rights.Late"]

# Without the kernel's memory there is no errno of a connect without a SYN, and before Linux 6.12 no
# word of which thread sent a hello.
LOCKED = PLAIN + """
    test_plain.Plain.test_nonblocking test_plain.Plain.test_v4_mapped_reads_as_ipv4
    test_plain.Plain.test_silence_is_complete_after_a_second
    test_failures.Tcp.test_refused test_failures.Tcp.test_timed_out
    test_failures.Tcp.test_unreachable_after_the_syn
    test_locked
""".split()
