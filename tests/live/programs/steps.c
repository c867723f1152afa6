/* SPDX-License-Identifier: MIT */
/*
 * The steps a connection can be made of and their table; here those that come once it exists.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"

void client_report(struct client *client)
{
    const struct marks *marks = &client->marks;

    if (marks->connect_start && !client->plan->quiet)
        net_print("{\"pid\":%d,\"tid\":%ld,\"localPort\":%u,\"connectStart\":%" PRIu64
                  ",\"connected\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"connectError\":%d"
                  ",\"tlsStart\":%" PRIu64 ",\"tlsEnd\":%" PRIu64 ",\"tlsFlushed\":%" PRIu64
                  ",\"tlsFailed\":%s,\"resumed\":%s}\n",
                  getpid(), syscall(SYS_gettid), marks->local_port, marks->connect_start,
                  marks->connected, marks->failed, marks->connect_error, marks->tls_start,
                  marks->tls_end, marks->tls_flushed, marks->tls_failed ? "true" : "false",
                  marks->resumed ? "true" : "false");
    client->marks = (struct marks){0};
}

static bool step_delay(struct client *client, const char *argument)
{
    (void)client;
    net_sleep_ms((unsigned)atoi(argument));
    return true;
}

/* Tells the test where we are and waits for its line. */
static bool step_ready(struct client *client, const char *argument)
{
    char line;

    (void)argument;
    net_print("{\"ready\":true,\"pid\":%d,\"localPort\":%u}\n", getpid(),
              client->fd < 0 ? 0 : net_local_port(client->fd));
    while (read(STDIN_FILENO, &line, 1) == 1 && line != '\n')
        ;
    return true;
}

static bool step_exit(struct client *client, const char *argument)
{
    client_report(client);
    _exit(atoi(argument));
}

static bool step_tls(struct client *client, const char *argument)
{
    (void)argument;
    return tls_connect(client, false);
}

static bool step_tls_memory(struct client *client, const char *argument)
{
    (void)argument;
    return tls_connect(client, true);
}

static bool step_send(struct client *client, const char *argument)
{
    if (client->ssl)
        return tls_write(client, argument, (int)strlen(argument));
    return net_send_all(client->fd, argument, strlen(argument));
}

/* Straight from the page cache to the socket: no byte passes through this process. */
static bool step_sendfile(struct client *client, const char *argument)
{
    int file = memfd_create("payload", MFD_CLOEXEC);
    size_t length = strlen(argument);
    off_t offset = 0;
    bool ok;

    if (file < 0 || write(file, argument, length) != (ssize_t)length)
        net_die("memfd");
    ok = sendfile(client->fd, file, &offset, length) == (ssize_t)length;
    close(file);
    return ok;
}

static bool step_recv(struct client *client, const char *argument)
{
    char data[4096];

    (void)argument;
    if (client->ssl)
        return tls_read(client, data, sizeof(data)) > 0;
    net_wait(client->fd, POLLIN);
    return recv(client->fd, data, sizeof(data), 0) > 0;
}

static bool step_close_write(struct client *client, const char *argument)
{
    char data[4096];

    (void)argument;
    shutdown(client->fd, SHUT_WR);
    do
        net_wait(client->fd, POLLIN);
    while (recv(client->fd, data, sizeof(data), 0) > 0);
    return true;
}

static bool step_reset(struct client *client, const char *argument)
{
    (void)argument;
    net_reset(client->fd);
    client->fd = -1;
    return true;
}

static bool step_close(struct client *client, const char *argument)
{
    (void)argument;
    tls_close(client);
    close(client->fd);
    client->fd = -1;
    return true;
}

/* `needs`: the argument after '='; without it an argument is optional. */
static const struct {
    const char *name;
    bool (*run)(struct client *client, const char *argument);
    bool needs;
} steps[] = {
    {"bind", connect_bind, true},
    {"nonblocking", connect_nonblocking, false},
    {"cork", connect_cork, false},
    {"fastopen", connect_fastopen, false},
    {"connect", connect_now, false},
    {"try-connect", connect_try, false},
    {"start-connect", connect_start, false},
    {"end-connect", connect_end, false},
    {"fastopen-send", connect_fastopen_send, true},
    {"disconnect", connect_disconnect, false},
    {"delay", step_delay, true},
    {"ready", step_ready, false},
    {"exit", step_exit, true},
    {"tls", step_tls, false},
    {"tls-memory", step_tls_memory, false},
    {"send", step_send, true},
    {"sendfile", step_sendfile, true},
    {"recv", step_recv, false},
    {"close-write", step_close_write, false},
    {"reset", step_reset, false},
    {"close", step_close, false},
    {"fork", handover_fork, false},
    {"pass", handover_pass, false},
};

static int find(const char *step)
{
    size_t length = strcspn(step, "=");

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strlen(steps[i].name) == length && !strncmp(steps[i].name, step, length))
            return steps[i].needs && !step[length] ? -1 : (int)i;
    return -1;
}

bool client_is_step(const char *step)
{
    return find(step) >= 0;
}

bool client_step(struct client *client, const char *step)
{
    const char *argument = strchr(step, '=');

    return steps[find(step)].run(client, argument ? argument + 1 : NULL);
}
