/* SPDX-License-Identifier: MIT */
/*
 * XMPP before TLS (RFC 6120 section 5): the XML declaration, the stream's opening tag, <starttls/>.
 * Any other element is payload. Tags are not parsed, only passed over.
 */
#include <string.h>

#include "user/preamble/opening.h"
#include "user/preamble/talk.h"

static const char *const tags[] = {"<?xml", "<stream:stream", "<starttls", "</starttls"};

enum { TAG_COUNT = sizeof(tags) / sizeof(tags[0]) };

static const char spaces[] = " \t\r\n";

static enum cs_match match_tag(const __u8 *data, size_t length, const char *tag)
{
    size_t bytes = strlen(tag);
    enum cs_match match = cs_match_bytes(data, length, tag, bytes, bytes + 1);

    if (match != CS_MATCH_YES)
        return match;
    return data[bytes] == '>' || data[bytes] == '/' || memchr(spaces, data[bytes], 4) ? CS_MATCH_YES
                                                                                      : CS_MATCH_NO;
}

enum cs_match cs_match_xmpp(const __u8 *data, size_t length, size_t *message_bytes)
{
    enum cs_match best = CS_MATCH_NO;

    (void)message_bytes;
    for (int i = 0; i < TAG_COUNT; i++) {
        enum cs_match match = match_tag(data, length, tags[i]);

        if (match > best)
            best = match;
    }
    return best;
}

enum cs_match cs_match_space(const __u8 *data, size_t length, size_t *message_bytes)
{
    (void)length;
    *message_bytes = 1;
    return memchr(spaces, data[0], strlen(spaces)) ? CS_MATCH_YES : CS_MATCH_NO;
}

/* true: this byte ends the tag. A ">" in the value of an attribute does not. */
static bool ends_tag(struct cs_preamble *preamble, char letter)
{
    if (preamble->quote) {
        if (letter == preamble->quote)
            preamble->quote = '\0';
        return false;
    }
    if (letter == '"' || letter == '\'')
        preamble->quote = letter;
    return letter == '>';
}

bool cs_xmpp_tag(struct cs_preamble *preamble)
{
    struct cs_stream *client = &preamble->client;
    struct cs_span span;

    while (cs_stream_span(client, &span)) {
        size_t passed = 0;
        bool ended = false;

        while (passed < span.length && !ended)
            ended = ends_tag(preamble, (char)span.data[passed++]);
        cs_stream_skip(client, (__u32)passed);
        if (ended) {
            cs_talk_expect(preamble, preamble->expected);
            return true;
        }
    }
    return false;
}
