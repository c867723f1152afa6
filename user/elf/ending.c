/* SPDX-License-Identifier: MIT */
/*
 * ossl_statem_connect and ossl_statem_accept jump to one function for both. It counts how deep it
 * is in a field of the object; `s->in_handshake--; BUF_MEM_free(buf); if (cb != NULL)` is its end.
 * The same in OpenSSL 1.1.1 to 3.5 as Debian builds them, and inside node. gnutls_handshake has one
 * way to succeed, `return 0`, and like all of a distribution's functions with an array it makes
 * sure of its stack then (-fstack-protector-strong).
 */
#include "user/elf/ending.h"

#include <errno.h>
#include <string.h>

#include "user/elf/decode.h"

enum { ENTRY_BYTES = 96, BODY_BYTES = 8192, NEAR_STEPS = 8, EPILOGUE_STEPS = 40 };
enum { RAX = 0, RBX = 3, RBP = 5, RDI = 7, R12 = 12 };

struct code {
    uint64_t vaddr;
    size_t bytes;
    uint8_t at[BODY_BYTES];
};

/* One instruction, as far as it matters here. */
struct step {
    const uint8_t *opcode; /* behind the prefix REX */
    size_t length;         /* of the whole */
    uint8_t rex;
    uint8_t reg; /* of ModRM with REX; meaningless where the opcode has none */
    uint8_t rm;
};

static bool step_at(const struct code *code, size_t at, struct step *step)
{
    const uint8_t *bytes = code->at + at;

    step->length = at < code->bytes ? cs_decode_bytes(bytes, code->bytes - at) : 0;
    if (!step->length)
        return false;
    step->rex = (bytes[0] & 0xf0) == 0x40 ? bytes[0] : 0;
    step->opcode = bytes + !!step->rex;
    step->reg = (uint8_t)((step->opcode[1] >> 3 & 7) | (step->rex & 4) << 1);
    step->rm = (uint8_t)((step->opcode[1] & 7) | (step->rex & 1) << 3);
    return true;
}

static bool is_preserved(uint8_t number)
{
    return number == RBX || number == RBP || number >= R12;
}

static bool is_call(const struct step *step)
{
    return step->opcode[0] == 0xe8 || (step->opcode[0] == 0xff && (step->reg & 7) == 2);
}

static bool is_jump(const struct step *step)
{
    return step->opcode[0] == 0xe9 || step->opcode[0] == 0xeb ||
           (step->opcode[0] == 0xff && (step->reg & 7) == 4);
}

static bool is_jump_if(const struct step *step)
{
    return (step->opcode[0] & 0xf0) == 0x70 ||
           (step->opcode[0] == 0x0f && (step->opcode[1] & 0xf0) == 0x80);
}

static bool is_return(const struct step *step)
{
    return step->opcode[0] == 0xc3;
}

/* `add $by,offset(%base)` on 32 bits, also as inc, dec and sub. 0: it is none. */
static int added(const struct step *step, int32_t *offset)
{
    const uint8_t *code = step->opcode;
    uint8_t mod = code[1] >> 6;
    size_t operand = mod == 1 ? 1 : 4;
    int8_t by;

    if (step->rex & 8 || (mod != 1 && mod != 2) || (code[1] & 7) == 4)
        return 0;
    *offset = (int8_t)code[2]; /* NOLINT(bugprone-signed-char-misuse): the SDM's disp8 is signed */
    if (mod == 2)
        memcpy(offset, code + 2, sizeof(*offset));
    if (code[0] == 0xff && (step->reg & 7) < 2)
        return step->reg & 1 ? -1 : 1;
    if (code[0] != 0x83)
        return 0;
    by = (int8_t)code[2 + operand];
    return (step->reg & 7) == 0 ? by : (step->reg & 7) == 5 ? -by : 0;
}

/* Behind the decrement, the jump around the callback: a call lies between, and nothing that
 * branches. 0: it is not there. */
static size_t find_jump(const struct code *code, size_t at)
{
    bool has_called = false;
    struct step step;

    for (unsigned i = 0; i < NEAR_STEPS && step_at(code, at, &step); i++, at += step.length) {
        if (is_jump_if(&step))
            return has_called ? at : 0;
        if (is_jump(&step) || is_return(&step) || (has_called && is_call(&step)))
            return 0;
        has_called |= is_call(&step);
    }
    return 0;
}

/* From there on down to the next return, %eax is loaded last from the result. 0: it stays. */
static uint8_t find_result(const struct code *code, size_t at)
{
    uint8_t result = 0;
    struct step step;

    for (unsigned i = 0; i < EPILOGUE_STEPS && step_at(code, at, &step); i++, at += step.length) {
        bool is_move = (step.opcode[0] == 0x89 || step.opcode[0] == 0x8b) &&
                       step.opcode[1] >> 6 == 3 && !(step.rex & 8);
        uint8_t to = step.opcode[0] == 0x89 ? step.rm : step.reg;
        uint8_t from = step.opcode[0] == 0x89 ? step.reg : step.rm;

        if (is_return(&step))
            return result;
        if (is_move && to == 0 && is_preserved(from))
            result = from;
    }
    return 0;
}

/* The register that keeps the first argument, once the function has got so far. */
static void keep_argument(const struct step *step, uint8_t *kept)
{
    if (!*kept && step->opcode[0] == 0x89 && step->opcode[1] >> 6 == 3 && step->rex & 8 &&
        step->reg == RDI && is_preserved(step->rm))
        *kept = step->rm;
}

/* Where the argument is kept, the counter is counted up and down. */
static int find_in(const struct code *code, struct cs_ending *ending)
{
    int32_t offset, counted = 0;
    uint8_t kept = 0;
    struct step step;

    for (size_t at = 0; step_at(code, at, &step); at += step.length) {
        int by = added(&step, &offset);
        size_t jump;

        keep_argument(&step, &kept);
        if (by == 1 && !counted && kept && (step.rm == RDI || step.rm == kept))
            counted = offset;
        if (by != -1 || !counted || offset != counted || step.rm != kept)
            continue;
        jump = find_jump(code, at + step.length);
        ending->place = code->vaddr + jump;
        ending->ssl = kept;
        ending->result = jump ? find_result(code, jump) : 0;
        return ending->result && ending->result != kept ? 0 : -ENOENT;
    }
    return -ENOENT;
}

/* `xor %eax,%eax`, or a register that calls preserve: its number, else -1. */
static int zeroed(const struct step *step)
{
    bool is_xor = step->opcode[0] == 0x31 || step->opcode[0] == 0x33;

    return is_xor && step->opcode[1] >> 6 == 3 && step->reg == step->rm &&
                   (step->reg == RAX || is_preserved(step->reg))
               ? step->reg
               : -1;
}

/* `mov ..(%rsp),%reg; sub %fs:0x28,%reg; jne`: where the jump is, 0: there is none. */
static size_t find_guard(const struct code *code, size_t at)
{
    static const uint8_t canary[] = {0x25, 0x28, 0, 0, 0}; /* SIB: a bare displacement */
    struct step load, check, jump;

    if (!step_at(code, at, &load) || load.opcode[0] != 0x8b)
        return 0;
    at += load.length;
    if (!step_at(code, at, &check) || check.length != 4 + sizeof(canary) || code->at[at] != 0x64 ||
        code->at[at + 2] != 0x2b || memcmp(code->at + at + 4, canary, sizeof(canary)) != 0)
        return 0;
    at += check.length;
    return step_at(code, at, &jump) && is_jump_if(&jump) ? at : 0;
}

/* What is zeroed before the guard is what is returned behind it. */
static int find_success(const struct code *code, struct cs_ending *ending)
{
    uint8_t kept = 0;
    struct step step;

    for (size_t at = 0; step_at(code, at, &step); at += step.length) {
        int result = zeroed(&step);
        size_t guard = result >= 0 ? find_guard(code, at + step.length) : 0;

        keep_argument(&step, &kept);
        if (!guard || !kept || find_result(code, guard) != result || result == kept)
            continue;
        *ending = (struct cs_ending){code->vaddr + guard, kept, (uint8_t)result};
        return 0;
    }
    return -ENOENT;
}

static void read_code(const struct cs_image *image, uint64_t vaddr, size_t bytes, struct code *code)
{
    code->vaddr = vaddr;
    code->bytes = cs_image_read_code(image, vaddr, code->at, bytes);
}

/* The function that `connect` jumps to; where the compiler split it, what is left of it is there.
 */
int cs_ending_find(const struct cs_image *image, uint64_t connect, struct cs_ending *ending)
{
    struct code entry, body;
    struct cs_ending found;
    struct step step;

    if (image->machine != EM_X86_64 || !connect)
        return -ENOENT;
    read_code(image, connect, ENTRY_BYTES, &entry);
    for (size_t at = 0; step_at(&entry, at, &step); at += step.length) {
        int32_t distance;

        if (step.opcode[0] != 0xe9)
            continue;
        memcpy(&distance, step.opcode + 1, sizeof(distance));
        read_code(image, connect + at + step.length + (uint64_t)(int64_t)distance, BODY_BYTES,
                  &body);
        if (find_in(&body, &found))
            continue;
        *ending = found;
        return 0;
    }
    return -ENOENT;
}

int cs_ending_find_gnutls(const struct cs_image *image, uint64_t handshake,
                          struct cs_ending *ending)
{
    struct cs_ending found;
    struct code body;

    if (image->machine != EM_X86_64 || !handshake)
        return -ENOENT;
    read_code(image, handshake, BODY_BYTES, &body);
    if (find_success(&body, &found))
        return -ENOENT;
    *ending = found;
    return 0;
}
