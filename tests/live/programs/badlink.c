/* SPDX-License-Identifier: MIT */
/*
 * badlink [options] NETNS DEVICE NETNS DEVICE: a line between two network namespaces that loses,
 * repeats and delays packets, in both directions: a TUN device at each end and this program in
 * between. Every kernel has what it needs; netem is a module of some. The same --seed makes the
 * same choices. --first-ack spare|lose: what happens to the ACK that completes the three-way
 * handshake; without it the ClientHello does that. Prints {"ready":true} when both devices are
 * there, and at SIGTERM what it did.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"

enum { PACKET_BYTES = 2048, HELD_MAX = 4096, OVERTAKEN_NS = 4000000 };

struct held {
    uint64_t due_ns; /* 0: this place is free */
    uint64_t turn;   /* as they came, of both directions */
    int to;          /* the end it leaves by */
    ssize_t length;
    char bytes[PACKET_BYTES];
};

static struct {
    int ends[2];
    unsigned lose, duplicate, reorder; /* of 1000 packets */
    unsigned delay_us;
    uint64_t random;
    uint64_t turn, last_turn[2];
    enum { ACK_AS_OTHERS, ACK_SPARED, ACK_LOST } first_ack;
    bool acked[65536]; /* by the client's port */
    unsigned packets, lost, duplicated, overtaken;
    struct held held[HELD_MAX];
} link_ = {.random = 1};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

/* xorshift64: the same choices everywhere */
static bool chance(unsigned of_1000)
{
    link_.random ^= link_.random << 13;
    link_.random ^= link_.random >> 7;
    link_.random ^= link_.random << 17;
    return link_.random % 1000 < of_1000;
}

static int open_end(const char *netns, const char *device)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int home = open(netns, O_RDONLY | O_CLOEXEC);
    int fd;

    if (home < 0 || setns(home, CLONE_NEWNET))
        net_die(netns);
    close(home);
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
        net_die("/dev/net/tun");
    return fd;
}

static void hold(int to, const char *bytes, ssize_t length, uint64_t due_ns)
{
    for (unsigned i = 0; i < HELD_MAX; i++) {
        struct held *held = &link_.held[i];

        if (held->due_ns)
            continue;
        *held = (struct held){.due_ns = due_ns, .turn = ++link_.turn, .to = to, .length = length};
        memcpy(held->bytes, bytes, (size_t)length);
        return;
    }
    link_.lost++; /* a full queue loses, as any does */
}

/* The ACK of the three-way handshake: the first one without data that a client's port sends. */
static bool is_first_ack(int from, const char *bytes, ssize_t length)
{
    const unsigned char *ip = (const unsigned char *)bytes;
    const unsigned char *tcp = ip + (ip[0] & 0xf) * 4;
    unsigned port = tcp[0] << 8 | tcp[1];

    if (from || length < 40 || ip[0] >> 4 != 4 || tcp[13] != 0x10 ||
        tcp + (tcp[12] >> 4) * 4 != ip + length || link_.acked[port])
        return false;
    return link_.acked[port] = true;
}

static void forward(int from, const char *bytes, ssize_t length)
{
    uint64_t due_ns = net_now_ns() + link_.delay_us * 1000ull;
    bool first_ack = link_.first_ack && is_first_ack(from, bytes, length);

    link_.packets++;
    if (first_ack ? link_.first_ack == ACK_LOST : chance(link_.lose)) {
        link_.lost++;
        return;
    }
    if (chance(link_.duplicate)) {
        link_.duplicated++;
        hold(!from, bytes, length, due_ns);
    }
    hold(!from, bytes, length, due_ns + (!first_ack && chance(link_.reorder) ? OVERTAKEN_NS : 0));
}

static void take(int from)
{
    char bytes[PACKET_BYTES];
    ssize_t length;

    while ((length = read(link_.ends[from], bytes, sizeof(bytes))) > 0)
        forward(from, bytes, length);
}

static struct held *next(void)
{
    struct held *first = NULL;

    for (unsigned i = 0; i < HELD_MAX; i++) {
        struct held *held = &link_.held[i];

        if (held->due_ns && (!first || held->due_ns < first->due_ns ||
                             (held->due_ns == first->due_ns && held->turn < first->turn)))
            first = held;
    }
    return first;
}

/* Sends what is due. Returns how long there is nothing to do, in milliseconds; -1 for ever. */
static int send_due(void)
{
    struct held *held;

    while ((held = next())) {
        uint64_t now_ns = net_now_ns();

        if (held->due_ns > now_ns)
            return (int)((held->due_ns - now_ns) / 1000000 + 1);
        link_.overtaken += held->turn < link_.last_turn[held->to];
        link_.last_turn[held->to] = held->turn;
        if (write(link_.ends[held->to], held->bytes, (size_t)held->length) < 0)
            link_.lost++;
        held->due_ns = 0;
    }
    return -1;
}

static void run(void)
{
    while (!stopped) {
        int wait_ms = send_due();
        struct pollfd ends[2] = {{.fd = link_.ends[0], .events = POLLIN},
                                 {.fd = link_.ends[1], .events = POLLIN}};

        if (poll(ends, 2, wait_ms) < 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (ends[i].revents)
                take(i);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"lose", required_argument, NULL, 'l'},
        {"duplicate", required_argument, NULL, 'd'},
        {"reorder", required_argument, NULL, 'r'},
        {"delay-us", required_argument, NULL, 'D'},
        {"seed", required_argument, NULL, 's'},
        {"first-ack", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    unsigned seed = 1;
    unsigned *numbers[] = {['l'] = &link_.lose,
                           ['d'] = &link_.duplicate,
                           ['r'] = &link_.reorder,
                           ['D'] = &link_.delay_us,
                           ['s'] = &seed};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (option == '?')
            return 2;
        if (option == 'a')
            link_.first_ack = strcmp(optarg, "lose") ? ACK_SPARED : ACK_LOST;
        else
            *numbers[option] = (unsigned)atoi(optarg);
    }
    if (argc - optind != 4)
        return 2;
    link_.random = seed * 0x9e3779b97f4a7c15ull | 1;
    for (int i = 0; i < 2; i++)
        link_.ends[i] = open_end(argv[optind + 2 * i], argv[optind + 2 * i + 1]);
    signal(SIGTERM, stop);
    net_print("{\"ready\":true}\n");
    run();
    net_print("{\"packets\":%u,\"lost\":%u,\"duplicated\":%u,\"overtaken\":%u}\n", link_.packets,
              link_.lost, link_.duplicated, link_.overtaken);
    return 0;
}
