/* SPDX-License-Identifier: MIT */
/*
 * A relocation of type JUMP_SLOT names the symbol and the word that will hold its address; an entry
 * of the PLT jumps through that word (System V ABI for AMD64, 5.2). The PLT stands in front of the
 * code (GNU ld) or behind it (lld), so of much code only the two ends are searched. A symbol that
 * the file has itself is no import, though others may take its place.
 */
#include "user/elf/import.h"

#include "user/base/cleanup.h"
#include "user/elf/mention.h"

#include <string.h>

enum {
    NAME_MAX_BYTES = 64,
    RELOCATIONS = 64, /* read at a time */
    RELOCATIONS_MAX = 8192,
    WINDOW_BYTES = 64 << 10,
    END_BYTES = 1 << 20, /* searched at either end of a segment */
    JUMP_BYTES = 6,
};

struct names {
    uint64_t symbols;
    uint64_t strings;
};

static bool is_named(const struct cs_image *image, const struct names *names, uint64_t info,
                     const char *name)
{
    size_t bytes = strlen(name) + 1;
    char text[NAME_MAX_BYTES];
    Elf64_Sym symbol;

    if (ELF64_R_TYPE(info) != R_X86_64_JUMP_SLOT || bytes > sizeof(text))
        return false;
    return !cs_image_read(image, names->symbols + ELF64_R_SYM(info) * sizeof(symbol), &symbol,
                          sizeof(symbol)) &&
           symbol.st_shndx == SHN_UNDEF &&
           !cs_image_read(image, names->strings + symbol.st_name, text, bytes) &&
           !memcmp(text, name, bytes);
}

static bool is_mentioned(const struct cs_image *image, uint64_t strings, const char *name)
{
    uint64_t bytes = cs_image_dynamic(image, DT_STRSZ);
    uint64_t offset = strings ? cs_image_offset(image, strings, bytes) : 0;

    return offset && cs_mentions(image, offset, bytes, name);
}

/* The word that the dynamic linker fills with the function's address; 0 = not imported. */
static uint64_t find_slot(const struct cs_image *image, const char *name)
{
    const struct names names = {cs_image_dynamic(image, DT_SYMTAB),
                                cs_image_dynamic(image, DT_STRTAB)};
    uint64_t vaddr = cs_image_dynamic(image, DT_JMPREL);
    uint64_t left = cs_image_dynamic(image, DT_PLTRELSZ) / sizeof(Elf64_Rela);
    Elf64_Rela entries[RELOCATIONS];

    if (!left || left > RELOCATIONS_MAX || !is_mentioned(image, names.strings, name))
        return 0;
    while (left) {
        size_t batch = left < RELOCATIONS ? left : RELOCATIONS;

        if (cs_image_read(image, vaddr, entries, batch * sizeof(*entries)))
            return 0;
        for (size_t i = 0; i < batch; i++) {
            if (is_named(image, &names, entries[i].r_info, name))
                return entries[i].r_offset;
        }
        vaddr += batch * sizeof(*entries);
        left -= batch;
    }
    return 0;
}

/* `jmp *disp32(%rip)`, whatever stands before it in its entry (endbr64, bnd). */
static uint64_t find_jump(const uint8_t *code, size_t bytes, uint64_t vaddr, uint64_t slot)
{
    for (size_t at = 0; at + JUMP_BYTES <= bytes; at++) {
        int32_t displacement;

        if (code[at] != 0xff || code[at + 1] != 0x25)
            continue;
        memcpy(&displacement, code + at + 2, sizeof(displacement));
        if (vaddr + at + JUMP_BYTES + (uint64_t)(int64_t)displacement == slot)
            return vaddr + at;
    }
    return 0;
}

/* Windows overlap by a jump less a byte: none lies across two. */
static uint64_t search(const struct cs_image *image, uint64_t vaddr, uint64_t end, uint64_t slot,
                       uint8_t *code)
{
    uint64_t found = 0;

    while (!found && vaddr < end) {
        size_t bytes = cs_image_read_code(image, vaddr, code, WINDOW_BYTES);

        if (!bytes)
            break;
        found = find_jump(code, bytes, vaddr, slot);
        vaddr += WINDOW_BYTES - JUMP_BYTES + 1;
    }
    return found;
}

static uint64_t search_segment(const struct cs_image *image, const struct cs_segment *segment,
                               uint64_t slot, uint8_t *code)
{
    uint64_t begin = segment->vaddr, end = begin + segment->bytes, found;

    if (segment->bytes <= 2 * END_BYTES)
        return search(image, begin, end, slot, code);
    found = search(image, begin, begin + END_BYTES, slot, code);
    return found ? found : search(image, end - END_BYTES, end, slot, code);
}

uint64_t cs_import_find(const struct cs_image *image, const char *name)
{
    uint64_t slot = image->machine == EM_X86_64 ? find_slot(image, name) : 0;
    cs_auto_free uint8_t *code = slot ? malloc(WINDOW_BYTES) : NULL;
    uint64_t found = 0;

    for (size_t i = 0; code && !found && i < image->segment_count; i++) {
        if (image->segments[i].executable)
            found = search_segment(image, &image->segments[i], slot, code);
    }
    return found;
}
