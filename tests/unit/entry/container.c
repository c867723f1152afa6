/* SPDX-License-Identifier: MIT */
/* Cgroup paths as engines write them. */
#include "user/entry/container.h"

#include <criterion/criterion.h>

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
    const char *cgroup;
    const char *id;
} rows[] = {
    {"/system.slice/docker-" A ".scope", A},
    {"/docker/" A, A},
    {"/docker/" A "/init.scope", A},
    {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope/container", A},
    {"/machine.slice/libpod-" A ".scope", A},
    {"/kubepods.slice/kubepods-besteffort.slice/cri-containerd-" A ".scope", A},
    {"/kubepods/burstable/pod8a1f3c5e-1111-2222-3333-444455556666/" A, A},
    {"/system.slice/containerd.service/kubepods-podab.slice:cri-containerd:" A, A},
    {"/docker/" A "/docker/" B, B},
    {"/kubepods.slice/crio-" B ".scope", B},
    {"/", NULL},
    {"", NULL},
    {"/system.slice/ssh.service", NULL},
    {"/docker/" A "0", NULL},
    {"/docker/0123456789abcdef", NULL},
    {"/docker/x" A, NULL},
    {"/docker/" A "z", NULL},
};

Test(container, is_found_by_the_shape_of_its_id)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char id[CS_CONTAINER_ID_BYTES];
        const char *found = cs_container_id(rows[i].cgroup, id);

        cr_expect_eq(!found, !rows[i].id, "%s", rows[i].cgroup);
        if (found && rows[i].id)
            cr_expect_str_eq(found, rows[i].id, "%s", rows[i].cgroup);
    }
}
