/* SPDX-License-Identifier: MIT */
/*
 * What every test program needs of sockets and the clock. A test program that cannot do its job
 * ends at once with one line on standard error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_address {
    struct sockaddr_storage storage;
    socklen_t size_bytes;
};

_Noreturn void net_die(const char *what);

uint64_t net_now_ns(void); /* CLOCK_MONOTONIC, the clock of the entries */
void net_sleep_ms(unsigned ms);

/* "127.0.0.1:80", "[::1]:80"; dies when it is neither. */
struct net_address net_parse(const char *text);

int net_listen(const struct net_address *address, int protocol);
uint16_t net_local_port(int fd); /* 0 unknown */
void net_reset(int fd);          /* closes with RST instead of FIN */
bool net_send_all(int fd, const void *data, size_t length);
void net_wait(int fd, short events); /* until poll(2) reports any of them, or an error */
void net_print(const char *format, ...) __attribute__((format(printf, 1, 2))); /* one write(2) */
