/* SPDX-License-Identifier: MIT */
/*
 * The beginnings of lines: requests of tunnels, and the commands that clients of text protocols
 * give before STARTTLS. Any other command is payload, above all those that log in.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "user/preamble/opening.h"

enum { TAG_MAX_BYTES = 32 };

/* A word ends at a space or at the end of the line; what ends in no letter needs no end. */
static const char *const commands[] = {
    /* SMTP, LMTP */
    "EHLO",
    "HELO",
    "LHLO",
    "NOOP",
    "STARTTLS",
    /* POP3 */
    "CAPA",
    "STLS",
    /* FTP */
    "FEAT",
    "HOST",
    "OPTS",
    "CLNT",
    "AUTH TLS",
    "AUTH TLS-C",
    "AUTH TLS-P",
    "AUTH SSL",
    /* NNTP, ManageSieve */
    "CAPABILITIES",
    "MODE READER",
    "CAPABILITY",
};

/* IMAP, behind the tag. ID is known by its argument (RFC 2971): "USER id" is POP3. */
static const char *const tagged[] = {
    "CAPABILITY", "STARTTLS", "NOOP", "ID (", "ID NIL",
};

static enum cs_match match_command(const __u8 *data, size_t length, const char *command)
{
    size_t bytes = strlen(command);

    if (strncasecmp((const char *)data, command, length < bytes ? length : bytes) != 0)
        return CS_MATCH_NO;
    if (length < bytes)
        return CS_MATCH_MORE;
    if (!isalpha((unsigned char)command[bytes - 1]))
        return CS_MATCH_YES;
    if (length == bytes)
        return CS_MATCH_MORE;
    return memchr(" \r\n", data[bytes], 3) ? CS_MATCH_YES : CS_MATCH_NO;
}

static enum cs_match match_any(const __u8 *data, size_t length, const char *const *list,
                               size_t count)
{
    enum cs_match best = CS_MATCH_NO;

    for (size_t i = 0; i < count; i++) {
        enum cs_match match = match_command(data, length, list[i]);

        if (match > best)
            best = match;
    }
    return best;
}

/* RFC 9051 section 9: a tag is any ASTRING-CHAR except "+". */
static size_t tag_bytes(const __u8 *data, size_t length)
{
    size_t bytes = 0;

    while (bytes < length && data[bytes] > ' ' && data[bytes] <= '~' &&
           !strchr("(){%*\"\\+", data[bytes]))
        bytes++;
    return bytes;
}

static enum cs_match match_tagged(const __u8 *data, size_t length)
{
    size_t tag = tag_bytes(data, length);

    if (tag == 0 || tag > TAG_MAX_BYTES || (tag < length && data[tag] != ' '))
        return CS_MATCH_NO;
    if (length <= tag + 1)
        return CS_MATCH_MORE;
    return match_any(data + tag + 1, length - tag - 1, tagged, sizeof(tagged) / sizeof(tagged[0]));
}

enum cs_match cs_match_text(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match command =
        match_any(data, length, commands, sizeof(commands) / sizeof(commands[0]));
    enum cs_match behind_tag = match_tagged(data, length);

    (void)message_bytes;
    return command > behind_tag ? command : behind_tag;
}

/* Methods are case-sensitive (RFC 9110 section 9.1). */
enum cs_match cs_match_connect(const __u8 *data, size_t length, size_t *message_bytes)
{
    (void)message_bytes;
    return cs_match_bytes(data, length, "CONNECT ", 8, 8);
}

/* The PROXY protocol, section 2.1: one line. */
enum cs_match cs_match_proxy_v1(const __u8 *data, size_t length, size_t *message_bytes)
{
    (void)message_bytes;
    return cs_match_bytes(data, length, "PROXY ", 6, 6);
}
