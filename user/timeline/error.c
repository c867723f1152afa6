/* SPDX-License-Identifier: MIT */
/* One sentence per number that has a meaning of its own here; the C library's for the others. */
#include <connspan/error.h>
#include <errno.h>
#include <string.h>

static const struct {
    int error;
    const char *text;
} texts[] = {
    {0, "no error"},
    {EINVAL, "what was asked for makes no sense (the standard's TypeError)"},
    {EBUSY, "in use in another way or by another thread (InvalidModificationError)"},
    {EPERM, "not permitted: tracing needs root"},
    {EOPNOTSUPP, "this host cannot do it"},
    {ENODATA, "the source of entries has ended"},
    {EPROTO, "the other end of the socket is no tracer of this version"},
    {ECONNREFUSED, "no tracer listens at this socket any more"},
    {ECONNRESET, "the tracer at the other end of the socket has vanished"},
};

const char *connspan_error_text(int error)
{
    int number = error < 0 ? -error : error;
    const char *text = NULL;

    for (size_t i = 0; !text && i < sizeof(texts) / sizeof(texts[0]); i++)
        text = texts[i].error == number ? texts[i].text : NULL;
    if (!text)
        text = strerrordesc_np(number);
    return text ? text : "unknown error";
}
