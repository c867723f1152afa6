/* SPDX-License-Identifier: MIT */
/*
 * A relocation of type JUMP_SLOT names the symbol and the word that will hold its address; an entry
 * of the PLT jumps through that word (System V ABI for AMD64, 5.2). The PLT stands in front of the
 * code, so only the first bytes of a segment are searched.
 */
#include "user/elf/import.h"

#include "user/base/cleanup.h"
#include "user/elf/text.h"

#include <string.h>

enum {
    NAME_MAX_BYTES = 64,
    RELOCATIONS = 64, /* read at a time */
    RELOCATIONS_MAX = 8192,
    PLT_MAX_BYTES = 128 << 10,
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
           !cs_image_read(image, names->strings + symbol.st_name, text, bytes) &&
           !memcmp(text, name, bytes);
}

static bool is_mentioned(const struct cs_image *image, uint64_t strings, const char *name)
{
    uint64_t bytes = cs_image_dynamic(image, DT_STRSZ);
    uint64_t offset = strings ? cs_image_offset(image, strings, bytes) : 0;

    return offset && cs_text_is_in(image, offset, bytes, name);
}

/* The word that the dynamic linker fills with the function's address; 0 = not imported. */
static uint64_t find_slot(const struct cs_image *image, const char *name)
{
    const struct names names = {cs_image_dynamic(image, DT_SYMTAB),
                                cs_image_dynamic(image, DT_STRTAB)};
    uint64_t vaddr = cs_image_dynamic(image, DT_JMPREL);
    uint64_t left = cs_image_dynamic(image, DT_PLTRELSZ) / sizeof(Elf64_Rela);
    Elf64_Rela entries[RELOCATIONS];

    if (left > RELOCATIONS_MAX || !is_mentioned(image, names.strings, name))
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

uint64_t cs_import_find(const struct cs_image *image, const char *name)
{
    uint64_t slot = image->machine == EM_X86_64 ? find_slot(image, name) : 0;
    cs_auto_free uint8_t *code = slot ? malloc(PLT_MAX_BYTES) : NULL;
    uint64_t found = 0;

    for (size_t i = 0; code && !found && i < image->segment_count; i++) {
        const struct cs_segment *segment = &image->segments[i];
        size_t bytes = 0;

        if (segment->executable)
            bytes = cs_image_read_code(image, segment->vaddr, code, PLT_MAX_BYTES);
        found = find_jump(code, bytes, segment->vaddr, slot);
    }
    return found;
}
