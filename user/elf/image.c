/* SPDX-License-Identifier: MIT */
/* ELF headers, segments and the build id (System V ABI, chapters 4 and 5). */
#include "user/elf/image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADERS_MAX = 128, /* program headers; node has 13 */
    SECTIONS_MAX = 512,
    DYNAMIC_MAX = 512,
    NOTE_MAX_BYTES = 1024, /* the build id comes among the first notes */
};

int cs_image_read_file(const struct cs_image *image, uint64_t offset, void *out, size_t bytes)
{
    size_t got = 0;

    if (bytes > image->file_bytes || offset > image->file_bytes - bytes)
        return -ERANGE;
    while (got < bytes) {
        ssize_t n = pread(image->fd, (char *)out + got, bytes - got, (off_t)(offset + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* it has shrunk since, or the disk fails */
            return -ERANGE;
        got += (size_t)n;
    }
    return 0;
}

static const struct cs_segment *segment_of(const struct cs_image *image, uint64_t vaddr,
                                           size_t bytes)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct cs_segment *segment = &image->segments[i];

        if (vaddr >= segment->vaddr && bytes <= segment->bytes &&
            vaddr - segment->vaddr <= segment->bytes - bytes)
            return segment;
    }
    return NULL;
}

int cs_image_read(const struct cs_image *image, uint64_t vaddr, void *out, size_t bytes)
{
    const struct cs_segment *segment = segment_of(image, vaddr, bytes);

    if (!segment)
        return -ERANGE;
    return cs_image_read_file(image, segment->offset + (vaddr - segment->vaddr), out, bytes);
}

uint64_t cs_image_offset(const struct cs_image *image, uint64_t vaddr, uint64_t bytes)
{
    const struct cs_segment *segment = segment_of(image, vaddr, bytes);

    return segment ? segment->offset + (vaddr - segment->vaddr) : 0;
}

uint64_t cs_image_code_offset(const struct cs_image *image, uint64_t vaddr)
{
    const struct cs_segment *segment = vaddr ? segment_of(image, vaddr, 1) : NULL;

    return segment && segment->executable ? cs_image_offset(image, vaddr, 1) : 0;
}

size_t cs_image_read_code(const struct cs_image *image, uint64_t vaddr, uint8_t *code, size_t bytes)
{
    const struct cs_segment *segment = segment_of(image, vaddr, 1);
    uint64_t left;

    if (!segment || !segment->executable)
        return 0;
    left = segment->bytes - (vaddr - segment->vaddr);
    if (bytes > left)
        bytes = left;
    return cs_image_read(image, vaddr, code, bytes) ? 0 : bytes;
}

uint64_t cs_image_dynamic(const struct cs_image *image, int64_t tag)
{
    Elf64_Dyn entries[DYNAMIC_MAX];

    if (cs_image_read(image, image->dynamic, entries, image->dynamic_count * sizeof(*entries)))
        return 0;
    for (size_t i = 0; i < image->dynamic_count && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == tag)
            return entries[i].d_un.d_val;
    }
    return 0;
}

int cs_image_section_at(const struct cs_image *image, size_t index, Elf64_Shdr *section)
{
    Elf64_Shdr read;

    if (index >= image->section_count ||
        cs_image_read_file(image, image->section_offset + index * sizeof(read), &read,
                           sizeof(read)))
        return -ENOENT;
    *section = read;
    return 0;
}

int cs_image_section(const struct cs_image *image, uint32_t type, Elf64_Shdr *section)
{
    Elf64_Shdr read;

    for (size_t i = 0; i < image->section_count; i++) {
        if (cs_image_section_at(image, i, &read))
            return -ENOENT;
        if (read.sh_type == type) {
            *section = read;
            return 0;
        }
    }
    return -ENOENT;
}

static uint64_t align4(uint32_t bytes)
{
    return ((uint64_t)bytes + 3) & ~3ULL;
}

/* Looks through one PT_NOTE for NT_GNU_BUILD_ID. */
static void read_build_id(struct cs_image *image, const Elf64_Phdr *header)
{
    uint8_t notes[NOTE_MAX_BYTES];
    size_t bytes = header->p_filesz < sizeof(notes) ? header->p_filesz : sizeof(notes);
    Elf64_Nhdr note;

    if (cs_image_read_file(image, header->p_offset, notes, bytes))
        return;
    for (uint64_t at = 0; at + sizeof(note) <= bytes;) {
        uint64_t text, next;

        memcpy(&note, notes + at, sizeof(note));
        text = at + sizeof(note) + align4(note.n_namesz);
        next = text + align4(note.n_descsz);
        if (next > bytes)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            !memcmp(notes + at + sizeof(note), "GNU", 4) && note.n_descsz > 0 &&
            note.n_descsz <= CS_BUILD_ID_BYTES) {
            memcpy(image->build_id, notes + text, note.n_descsz);
            image->build_id_bytes = (uint8_t)note.n_descsz;
            return;
        }
        at = next;
    }
}

/* Sums of these numbers are taken everywhere else: that none wraps around is seen to here. */
static bool is_sane(const struct cs_image *image, const Elf64_Phdr *header)
{
    return header->p_offset <= image->file_bytes &&
           header->p_filesz <= image->file_bytes - header->p_offset &&
           header->p_vaddr <= UINT64_MAX - header->p_filesz;
}

static const char *take_header(struct cs_image *image, const Elf64_Phdr *header)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.*): there is a header, and pread filled it */
    size_t entries = header->p_filesz / sizeof(Elf64_Dyn);

    if (header->p_type != PT_LOAD && header->p_type != PT_DYNAMIC && header->p_type != PT_NOTE)
        return NULL;
    if (!is_sane(image, header))
        return header->p_type == PT_LOAD ? "a segment reaches past the end of the file" : NULL;
    if (header->p_type == PT_DYNAMIC) {
        image->dynamic = header->p_vaddr;
        image->dynamic_count = entries < DYNAMIC_MAX ? entries : DYNAMIC_MAX;
    } else if (header->p_type == PT_NOTE) {
        if (!image->build_id_bytes)
            read_build_id(image, header);
    } else {
        if (image->segment_count == CS_IMAGE_SEGMENTS)
            return "it has too many segments";
        image->segments[image->segment_count++] = (struct cs_segment){
            header->p_vaddr, header->p_offset, header->p_filesz, (header->p_flags & PF_X) != 0};
    }
    return NULL;
}

static const char *read_headers(struct cs_image *image, const Elf64_Ehdr *elf)
{
    Elf64_Phdr headers[HEADERS_MAX];

    if (elf->e_type != ET_DYN && elf->e_type != ET_EXEC)
        return "it is neither a program nor a shared library";
    if (elf->e_phentsize != sizeof(*headers) || elf->e_phnum == 0 || elf->e_phnum > HEADERS_MAX)
        return "its table of segments has an impossible size";
    if (cs_image_read_file(image, elf->e_phoff, headers, elf->e_phnum * sizeof(*headers)))
        return "its table of segments is outside the file";
    for (size_t i = 0; i < elf->e_phnum; i++) {
        const char *wrong = take_header(image, &headers[i]);

        if (wrong)
            return wrong;
    }
    if (elf->e_shentsize == sizeof(Elf64_Shdr) && elf->e_shnum <= SECTIONS_MAX) {
        image->section_offset = elf->e_shoff;
        image->section_count = elf->e_shnum;
    }
    return image->segment_count ? NULL : "it has no segment to load";
}

static int refuse(const struct cs_log *log, const char *name, const char *why)
{
    cs_say(log, CONNSPAN_WARNING, "%s: not probed: %s", name, why);
    return -ENOEXEC;
}

int cs_image_open(int fd, const char *name, const struct cs_log *log, struct cs_image *image)
{
    struct cs_image read = {.fd = fd};
    Elf64_Ehdr elf;
    struct stat status;
    const char *wrong;

    if (fstat(fd, &status) || !S_ISREG(status.st_mode))
        return refuse(log, name, "it is no regular file");
    read.file_bytes = (uint64_t)status.st_size;
    if (cs_image_read_file(&read, 0, &elf, sizeof(elf)) ||
        memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(log, name, "it is no ELF file");
    if (elf.e_ident[EI_CLASS] != ELFCLASS32 && elf.e_ident[EI_CLASS] != ELFCLASS64)
        return refuse(log, name, "it is no ELF file");
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_ident[EI_DATA] != ELFDATA2LSB ||
        (elf.e_machine != EM_X86_64 && elf.e_machine != EM_AARCH64))
        return -ENOENT;
    read.machine = elf.e_machine;
    wrong = read_headers(&read, &elf);
    if (wrong)
        return refuse(log, name, wrong);
    *image = read;
    return 0;
}
