/* SPDX-License-Identifier: MIT */
/* Reading within bounds, and files that must be refused with a reason. */
#include "user/elf/image.h"

#include "fixture.h"

#include <errno.h>
#include <sys/mman.h>

static int said;

static void count_said(void *context, enum connspan_level level, const char *text)
{
    (void)context, (void)level;
    cr_expect(strstr(text, "victim: not probed: "), "%s", text);
    said++;
}

static int open_bytes(const void *bytes, size_t length, struct cs_image *image)
{
    struct cs_log log = {.fn = count_said};
    int fd = memfd_create("victim", MFD_CLOEXEC), err;

    cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
    err = cs_image_open(fd, "victim", &log, image);
    close(fd);
    return err;
}

Test(image, opens_this_program)
{
    struct cs_image image;
    int fd = open("/proc/self/exe", O_RDONLY);

    cr_assert_eq(cs_image_open(fd, "self", NULL, &image), 0);
    cr_expect_gt(image.segment_count, 1);
    cr_expect_gt(image.dynamic_count, 0);
    cr_expect_neq(cs_image_dynamic(&image, DT_SYMTAB), 0);
    cr_expect_eq(cs_image_dynamic(&image, 0x12345), 0);
}

Test(image, reads_only_what_is_in_the_file)
{
    struct cs_image image = open_fixture("plain");
    const struct cs_segment *last = &image.segments[image.segment_count - 1];
    char magic[4], byte;

    cr_expect_eq(cs_image_read(&image, image.segments[0].vaddr, magic, 4), 0);
    cr_expect_arr_eq(magic, ELFMAG, SELFMAG);
    cr_expect_eq(cs_image_read(&image, last->vaddr + last->bytes, &byte, 1), -ERANGE);
    cr_expect_eq(cs_image_read(&image, last->vaddr + last->bytes - 1, &byte, 1), 0);
    cr_expect_eq(cs_image_read(&image, UINT64_MAX, &byte, 1), -ERANGE);
    cr_expect_eq(cs_image_read_file(&image, image.file_bytes, &byte, 1), -ERANGE);
    cr_expect_eq(cs_image_read_file(&image, UINT64_MAX, &byte, 1), -ERANGE);
    cr_expect_eq(cs_image_code_offset(&image, last->vaddr), 0, "data is no code");
}

Test(image, reads_the_build_id)
{
    struct cs_image image = open_fixture("plain");

    cr_expect_eq(image.build_id_bytes, 20, "sha1");
}

Test(image, says_why_it_refuses)
{
    struct cs_image image = {.fd = -7};
    Elf64_Ehdr elf = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
                      .e_machine = EM_X86_64,
                      .e_type = ET_DYN,
                      .e_phentsize = sizeof(Elf64_Phdr),
                      .e_phnum = 1,
                      .e_phoff = 1 << 20};

    cr_expect_eq(open_bytes("#!/bin/sh\n", 10, &image), -ENOEXEC);
    cr_expect_eq(open_bytes(&elf, 20, &image), -ENOEXEC, "shorter than its header");
    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOEXEC, "segments outside");
    elf.e_phoff = UINT64_MAX - 8;
    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOEXEC, "offset that wraps");
    elf.e_phnum = UINT16_MAX;
    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOEXEC, "too many segments");
    elf.e_type = ET_REL;
    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOEXEC, "an object file");
    cr_expect_eq(said, 6, "each said once");
    cr_expect_eq(image.fd, -7, "untouched on failure");
}

Test(image, leaves_other_machines_alone)
{
    struct cs_image image;
    Elf64_Ehdr elf = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB},
                      .e_machine = EM_386};

    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOENT, "32-bit");
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_machine = EM_S390;
    cr_expect_eq(open_bytes(&elf, sizeof(elf), &image), -ENOENT, "foreign");
    cr_expect_eq(said, 0, "that is no fault of the file");
}
