/* SPDX-License-Identifier: MIT */
/*
 * lookup NAME PORT: connects by name and says, in a JSON line, when it looked up. For any libc.
 * lookup wait: maps that libc until its input ends.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000ll + at.tv_nsec;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    struct sockaddr_in local;
    socklen_t length = sizeof(local);
    long long start = now(), end;
    char byte = 'x';
    int fd;

    if (argc == 2) {
        puts("waits");
        return fflush(stdout) || getchar() != EOF;
    }
    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &found))
        return 1;
    end = now();
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) || write(fd, &byte, 1) != 1 ||
        read(fd, &byte, 1) != 1 || getsockname(fd, (struct sockaddr *)&local, &length))
        return 1;
    printf("{\"pid\":%d,\"localPort\":%d,\"dnsStart\":%lld,\"dnsEnd\":%lld}\n", (int)getpid(),
           ntohs(local.sin_port), start, end);
    return 0;
}
