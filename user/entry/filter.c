/* SPDX-License-Identifier: MIT */
/* One predicate per kind of filter; an empty list passes everything. */
#include "user/entry/filter.h"

#include <fnmatch.h>
#include <string.h>

static bool role_passes(enum connspan_role role, const struct connspan_entry *entry)
{
    return role == CONNSPAN_ROLE_BOTH || role == entry->connection.role;
}

static bool pid_passes(const struct connspan_filter *filter, const struct connspan_entry *entry)
{
    for (size_t i = 0; i < filter->pid_count; i++) {
        if (filter->pids[i] == entry->process.pid)
            return true;
    }
    return filter->pid_count == 0;
}

static bool comm_matches(const char *pattern, const struct connspan_process *process)
{
    const char *slash = process->exe ? strrchr(process->exe, '/') : NULL;
    const char *program = slash ? slash + 1 : process->exe;

    return !fnmatch(pattern, process->comm, 0) || !fnmatch(pattern, process->thread, 0) ||
           (program && !fnmatch(pattern, program, 0));
}

static bool comm_passes(const struct connspan_filter *filter, const struct connspan_entry *entry)
{
    for (size_t i = 0; i < filter->comm_count; i++) {
        if (comm_matches(filter->comms[i], &entry->process))
            return true;
    }
    return filter->comm_count == 0;
}

static bool port_passes(const struct connspan_filter *filter, const struct connspan_entry *entry)
{
    const struct connspan_connection *connection = &entry->connection;
    uint16_t port =
        connection->role == CONNSPAN_ROLE_SERVER ? connection->local_port : connection->remote_port;

    for (size_t i = 0; i < filter->port_count; i++) {
        if (filter->ports[i] == port)
            return true;
    }
    return filter->port_count == 0;
}

/* "/a/b" holds "/a/b" and "/a/b/c", not "/a/bc"; "/" holds everything. */
static bool cgroup_holds(const char *parent, const char *path)
{
    size_t length = strlen(parent);

    while (length && parent[length - 1] == '/')
        length--;
    return !strncmp(parent, path, length) && (path[length] == '/' || path[length] == '\0');
}

static bool cgroup_passes(const struct connspan_filter *filter, const struct connspan_entry *entry)
{
    const char *path = entry->process.cgroup;

    for (size_t i = 0; path && i < filter->cgroup_count; i++) {
        if (cgroup_holds(filter->cgroups[i], path))
            return true;
    }
    return filter->cgroup_count == 0;
}

bool cs_filter_passes(const struct connspan_filter *filter, enum connspan_role role,
                      const struct connspan_entry *entry)
{
    return role_passes(role, entry) && pid_passes(filter, entry) && comm_passes(filter, entry) &&
           port_passes(filter, entry) && cgroup_passes(filter, entry);
}
