/* SPDX-License-Identifier: MIT */
/* The allocator remembers each size in front of the block, so that free() can wipe it. */
#include "user/http/hpack.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct cs_hpack {
    nghttp2_hd_inflater *inflater;
};

/* Tables grow to what the reader of a header block allows; more than this nobody allows. */
enum { TABLE_BYTES_MAX = 1 << 16 };

/* ---- memory that is wiped ------------------------------------------------------------------- */

struct block {
    size_t length;
    max_align_t data[];
};

static void *take(size_t length, void *user)
{
    struct block *block =
        length < SIZE_MAX - sizeof(*block) ? malloc(sizeof(*block) + length) : NULL;

    (void)user;
    if (!block)
        return NULL;
    block->length = length;
    return block->data;
}

static void give(void *data, void *user)
{
    struct block *block;

    (void)user;
    if (!data)
        return;
    block = (struct block *)((char *)data - offsetof(struct block, data));
    explicit_bzero(block->data, block->length);
    free(block);
}

static void *take_zeroed(size_t count, size_t length, void *user)
{
    size_t total;
    void *data = __builtin_mul_overflow(count, length, &total) ? NULL : take(total, user);

    return data ? memset(data, 0, total) : NULL;
}

static void *resize(void *data, size_t length, void *user)
{
    void *moved = take(length, user);
    size_t held;

    if (!moved || !data)
        return moved;
    held = ((struct block *)((char *)data - offsetof(struct block, data)))->length;
    memcpy(moved, data, held < length ? held : length);
    give(data, user);
    return moved;
}

static nghttp2_mem wiping = {
    .malloc = take, .free = give, .calloc = take_zeroed, .realloc = resize};

/* ---- the decoder ---------------------------------------------------------------------------- */

struct cs_hpack *cs_hpack_new(void)
{
    struct cs_hpack *hpack = calloc(1, sizeof(*hpack));

    if (hpack && nghttp2_hd_inflate_new2(&hpack->inflater, &wiping)) {
        free(hpack);
        return NULL;
    }
    return hpack;
}

static int error_of(long result)
{
    return result == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EBADMSG;
}

int cs_hpack_read(struct cs_hpack *hpack, struct cs_hpack_part part, cs_hpack_field *field,
                  void *context)
{
    for (;;) {
        nghttp2_nv pair;
        int flags = 0;
        ssize_t taken = nghttp2_hd_inflate_hd2(hpack->inflater, &pair, &flags, part.data,
                                               part.length, part.is_last);

        if (taken < 0)
            return error_of(taken);
        part.data += taken;
        part.length -= (size_t)taken;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            field(context, (const char *)pair.name, pair.namelen, (const char *)pair.value,
                  pair.valuelen);
        if (flags & NGHTTP2_HD_INFLATE_FINAL)
            return nghttp2_hd_inflate_end_headers(hpack->inflater) ? -EBADMSG : 0;
        if (part.length == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT))
            return part.is_last ? -EBADMSG : 0;
    }
}

int cs_hpack_set_table_bytes(struct cs_hpack *hpack, uint32_t bytes)
{
    int result;

    if (bytes > TABLE_BYTES_MAX)
        return -EBADMSG;
    result = nghttp2_hd_inflate_change_table_size(hpack->inflater, bytes);
    return result ? error_of(result) : 0;
}

void cs_hpack_free(struct cs_hpack *hpack)
{
    if (!hpack)
        return;
    nghttp2_hd_inflate_del(hpack->inflater);
    free(hpack);
}
