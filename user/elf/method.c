/* SPDX-License-Identifier: MIT */
/*
 * The rule that needs no table of versions: the client's and the server's SSL_METHOD are equal word
 * by word except in ssl_accept and ssl_connect. Each side has its own function in one of the two
 * and the same "undefined function" in the other. (Slots 5 and 6 in OpenSSL 1.1.0 to 3.1, 8 and 9
 * from 3.2 on.)
 */
#include "user/elf/method.h"

#include "user/elf/returned.h"

#include <errno.h>
#include <string.h>

enum {
    SLOTS = 16, /* compared; the tables have 26 and more, and a neighbour must not be compared */
    CODE_BYTES = 48,
    RELOCATIONS = 256, /* read at a time */
    RELOCATIONS_MAX_BYTES = 64 << 20,
};

struct table {
    uint64_t vaddr;
    uint64_t slots[SLOTS];
};

/* The file's own words: right where nothing is relocated and where DT_RELR or no PIE is used. */
static bool read_table(const struct cs_image *image, uint64_t function, struct table *table)
{
    uint8_t code[CODE_BYTES];
    size_t bytes = cs_image_read_code(image, function, code, sizeof(code));

    return cs_returned_address(image->machine, code, bytes, function, &table->vaddr) &&
           !cs_image_read(image, table->vaddr, table->slots, sizeof(table->slots));
}

static void relocate(const struct cs_image *image, const Elf64_Rela *entry, struct table *table)
{
    uint32_t relative = image->machine == EM_X86_64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;
    uint64_t offset = entry->r_offset - table->vaddr;

    if (offset >= sizeof(table->slots) || offset % sizeof(*table->slots))
        return;
    /* Another type names a symbol: no address, yet equal symbols make equal words. */
    table->slots[offset / sizeof(*table->slots)] = ELF64_R_TYPE(entry->r_info) == relative
                                                       ? (uint64_t)entry->r_addend
                                                       : entry->r_info | 1ULL << 63;
}

static void relocate_all(const struct cs_image *image, struct table *client, struct table *server)
{
    uint64_t vaddr = cs_image_dynamic(image, DT_RELA);
    uint64_t left = cs_image_dynamic(image, DT_RELASZ) / sizeof(Elf64_Rela);
    Elf64_Rela entries[RELOCATIONS];

    if (left > RELOCATIONS_MAX_BYTES / sizeof(*entries))
        return;
    while (left) {
        size_t batch = left < RELOCATIONS ? left : RELOCATIONS;

        if (cs_image_read(image, vaddr, entries, batch * sizeof(*entries)))
            return;
        for (size_t i = 0; i < batch; i++) {
            relocate(image, &entries[i], client);
            relocate(image, &entries[i], server);
        }
        vaddr += batch * sizeof(*entries);
        left -= batch;
    }
}

/* The two slots in which the tables differ; false when there are more or less. */
static bool differences(const struct table *client, const struct table *server, size_t at[2])
{
    size_t count = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        if (client->slots[i] == server->slots[i])
            continue;
        if (count == 2)
            return false;
        at[count++] = i;
    }
    return count == 2;
}

/* Behind ssl_accept and ssl_connect stand ssl_read, ssl_peek and ssl_write, in all versions. */
static void set_data(const struct cs_image *image, const struct table *client, size_t connect,
                     struct cs_method *method)
{
    enum { READ = 1, WRITE = 3 };

    if (connect + WRITE >= SLOTS)
        return;
    if (cs_image_code_offset(image, client->slots[connect + READ]))
        method->read = client->slots[connect + READ];
    if (cs_image_code_offset(image, client->slots[connect + WRITE]))
        method->write = client->slots[connect + WRITE];
}

int cs_method_find(const struct cs_image *image, uint64_t client_function, uint64_t server_function,
                   struct cs_method *method)
{
    struct table client, server;
    size_t at[2], connect, accept;

    if (!read_table(image, client_function, &client) ||
        !read_table(image, server_function, &server))
        return -ENOENT;
    relocate_all(image, &client, &server);
    if (!differences(&client, &server, at))
        return -ENOENT;
    if (client.slots[at[0]] == server.slots[at[1]])
        accept = at[0], connect = at[1];
    else if (client.slots[at[1]] == server.slots[at[0]])
        accept = at[1], connect = at[0];
    else
        return -ENOENT;
    if (!cs_image_code_offset(image, client.slots[connect]) ||
        !cs_image_code_offset(image, server.slots[accept]))
        return -ENOENT;
    *method = (struct cs_method){.connect = client.slots[connect], .accept = server.slots[accept]};
    set_data(image, &client, connect, method);
    return 0;
}
