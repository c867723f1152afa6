/* SPDX-License-Identifier: MIT */
/* Look-up by DT_GNU_HASH or DT_HASH (System V ABI, chapter 5), and a scan of .symtab. */
#include "user/elf/symbols.h"

#include "user/base/cleanup.h"
#include "user/elf/mention.h"

#include <string.h>

enum {
    NAME_MAX_BYTES = 64,
    CHAIN_MAX = 4096,           /* symbols that share a bucket; a handful in a sane file */
    TABLE_MAX_BYTES = 64 << 20, /* of .symtab and of .strtab: more is not worth the memory */
    SCAN_SYMBOLS = 2048,
};

/* The tables of the dynamic linker, as addresses. */
struct dynamic {
    const struct cs_image *image;
    uint64_t symbols;
    uint64_t strings;
    uint64_t gnu_hash;
    uint64_t hash;
};

static bool is_function(const struct cs_image *image, const Elf64_Sym *symbol)
{
    return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
           cs_image_code_offset(image, symbol->st_value) != 0;
}

/* The address of symbol number `index` if it is a function of this name, else 0. */
static uint64_t match(const struct dynamic *dynamic, uint32_t index, const char *name)
{
    size_t bytes = strlen(name) + 1;
    char text[NAME_MAX_BYTES];
    Elf64_Sym symbol;

    if (bytes > sizeof(text) ||
        cs_image_read(dynamic->image, dynamic->symbols + (uint64_t)index * sizeof(symbol), &symbol,
                      sizeof(symbol)) ||
        cs_image_read(dynamic->image, dynamic->strings + symbol.st_name, text, bytes))
        return 0;
    return !memcmp(text, name, bytes) && is_function(dynamic->image, &symbol) ? symbol.st_value : 0;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static uint64_t find_gnu(const struct dynamic *dynamic, const char *name)
{
    struct {
        uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    } head;
    uint32_t hash = gnu_hash(name), index, entry;
    uint64_t bloom, buckets, chain;

    if (cs_image_read(dynamic->image, dynamic->gnu_hash, &head, sizeof(head)) ||
        head.buckets == 0 || head.bloom_words == 0)
        return 0;
    bloom = dynamic->gnu_hash + sizeof(head);
    buckets = bloom + head.bloom_words * 8ULL;
    chain = buckets + head.buckets * 4ULL;
    if (cs_image_read(dynamic->image, bloom + hash / 64 % head.bloom_words * 8ULL, &bloom, 8) ||
        !(bloom >> hash % 64 & 1) || !(bloom >> (hash >> head.bloom_shift % 32) % 64 & 1) ||
        cs_image_read(dynamic->image, buckets + hash % head.buckets * 4ULL, &index, 4) ||
        index < head.first_symbol)
        return 0;
    for (int i = 0; i < CHAIN_MAX; i++, index++) {
        uint64_t vaddr;

        if (cs_image_read(dynamic->image, chain + (index - head.first_symbol) * 4ULL, &entry, 4))
            return 0;
        vaddr = (entry | 1) == (hash | 1) ? match(dynamic, index, name) : 0;
        if (vaddr || entry & 1) /* the low bit ends the chain */
            return vaddr;
    }
    return 0;
}

static uint32_t sysv_hash(const char *name)
{
    uint32_t hash = 0;

    for (; *name; name++) {
        hash = (hash << 4) + (uint8_t)*name;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    return hash;
}

static uint64_t find_sysv(const struct dynamic *dynamic, const char *name)
{
    uint32_t head[2], index; /* buckets, chain entries */
    uint64_t table = dynamic->hash + sizeof(head);

    if (cs_image_read(dynamic->image, dynamic->hash, head, sizeof(head)) || head[0] == 0 ||
        cs_image_read(dynamic->image, table + sysv_hash(name) % head[0] * 4ULL, &index, 4))
        return 0;
    for (int i = 0; i < CHAIN_MAX && index != STN_UNDEF && index < head[1]; i++) {
        uint64_t vaddr = match(dynamic, index, name);

        if (vaddr)
            return vaddr;
        if (cs_image_read(dynamic->image, table + ((uint64_t)head[0] + index) * 4, &index, 4))
            return 0;
    }
    return 0;
}

void cs_symbols_find_dynamic(const struct cs_image *image, struct cs_symbol *wanted, size_t count)
{
    struct dynamic dynamic = {
        .image = image,
        .symbols = cs_image_dynamic(image, DT_SYMTAB),
        .strings = cs_image_dynamic(image, DT_STRTAB),
        .gnu_hash = cs_image_dynamic(image, DT_GNU_HASH),
        .hash = cs_image_dynamic(image, DT_HASH),
    };

    if (!dynamic.symbols || !dynamic.strings)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i].vaddr && dynamic.gnu_hash)
            wanted[i].vaddr = find_gnu(&dynamic, wanted[i].name);
        else if (!wanted[i].vaddr && dynamic.hash)
            wanted[i].vaddr = find_sysv(&dynamic, wanted[i].name);
    }
}

static void match_static(const struct cs_image *image, const Elf64_Sym *symbol, const char *name,
                         struct cs_symbol *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i].vaddr && !strcmp(wanted[i].name, name) && is_function(image, symbol))
            wanted[i].vaddr = symbol->st_value;
    }
}

static void scan(const struct cs_image *image, const Elf64_Shdr *table, const Elf64_Shdr *strings,
                 struct cs_symbol *wanted, size_t count)
{
    size_t total = table->sh_size / sizeof(Elf64_Sym);
    cs_auto_free Elf64_Sym *symbols = malloc(SCAN_SYMBOLS * sizeof(*symbols));
    cs_auto_free char *text = malloc(strings->sh_size + 1);

    if (!symbols || !text || cs_image_read_file(image, strings->sh_offset, text, strings->sh_size))
        return;
    text[strings->sh_size] = '\0';
    for (size_t at = 0; at < total; at += SCAN_SYMBOLS) {
        size_t batch = total - at < SCAN_SYMBOLS ? total - at : SCAN_SYMBOLS;

        if (cs_image_read_file(image, table->sh_offset + at * sizeof(*symbols), symbols,
                               batch * sizeof(*symbols)))
            return;
        for (size_t i = 0; i < batch; i++) {
            if (symbols[i].st_name < strings->sh_size)
                match_static(image, &symbols[i], text + symbols[i].st_name, wanted, count);
        }
    }
}

void cs_symbols_find_static(const struct cs_image *image, struct cs_symbol *wanted, size_t count)
{
    Elf64_Shdr table, strings;
    size_t missing = 0;

    while (missing < count && wanted[missing].vaddr)
        missing++;
    if (missing == count || cs_image_section(image, SHT_SYMTAB, &table) ||
        cs_image_section_at(image, table.sh_link, &strings))
        return;
    if (table.sh_size > TABLE_MAX_BYTES || strings.sh_size > TABLE_MAX_BYTES ||
        strings.sh_type != SHT_STRTAB)
        return;
    if (cs_mentions(image, strings.sh_offset, strings.sh_size, wanted[missing].name))
        scan(image, &table, &strings, wanted, count);
}
