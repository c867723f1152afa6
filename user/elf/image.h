/* SPDX-License-Identifier: MIT */
/*
 * A view of an ELF file: where its segments are, and bytes read at a virtual address. The files
 * come from untrusted containers, so everything is read with pread (a file that shrinks under a
 * mapping would kill us with SIGBUS), into memory whose size the file does not choose, and every
 * number of the file is checked before it is used. Symbols are found elsewhere.
 */
#pragma once

#include "user/base/log.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CS_IMAGE_SEGMENTS = 32,
    CS_BUILD_ID_BYTES = 20,
};

struct cs_segment {
    uint64_t vaddr;
    uint64_t offset;
    uint64_t bytes; /* in the file; the zeroed tail of .bss is not readable here */
    bool executable;
};

struct cs_image {
    int fd;           /* borrowed */
    uint16_t machine; /* EM_X86_64 or EM_AARCH64 */
    uint16_t section_count;
    uint64_t file_bytes;
    uint64_t section_offset; /* of the section headers */
    uint64_t dynamic;        /* vaddr of the dynamic section; 0 = static */
    size_t dynamic_count;
    size_t segment_count;
    struct cs_segment segments[CS_IMAGE_SEGMENTS];
    uint8_t build_id[CS_BUILD_ID_BYTES];
    uint8_t build_id_bytes; /* 0 = none */
};

/*
 * 0; -ENOENT: a good ELF file, but 32-bit or of another kind of machine than the two known ones;
 * -ENOEXEC: no ELF file that could be run, said once with `name` in front.
 */
int cs_image_open(int fd, const char *name, const struct cs_log *log, struct cs_image *image);

/* Exactly `bytes` bytes, or -ERANGE. */
int cs_image_read(const struct cs_image *image, uint64_t vaddr, void *out, size_t bytes);
int cs_image_read_file(const struct cs_image *image, uint64_t offset, void *out, size_t bytes);

/* As many of `bytes` bytes of code as there are from this address on; 0 = it is no code. */
size_t cs_image_read_code(const struct cs_image *image, uint64_t vaddr, uint8_t *code,
                          size_t bytes);

/* The file offset of so many bytes at an address; 0 = they are not all there. */
uint64_t cs_image_offset(const struct cs_image *image, uint64_t vaddr, uint64_t bytes);

/* The same of one byte of code; at 0 there is none. */
uint64_t cs_image_code_offset(const struct cs_image *image, uint64_t vaddr);

/* The value of the first dynamic entry with this tag (DT_...); 0 = not there. */
uint64_t cs_image_dynamic(const struct cs_image *image, int64_t tag);

/* The first section header of this type (SHT_...); -ENOENT. */
int cs_image_section(const struct cs_image *image, uint32_t type, Elf64_Shdr *section);
int cs_image_section_at(const struct cs_image *image, size_t index, Elf64_Shdr *section);
