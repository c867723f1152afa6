/* SPDX-License-Identifier: MIT */
/* Every connection begins at 1000 ms; TLS begins 1 ms after TCP. */
#include "tests/unit/report/lines.h"

#include <stdio.h>

#define BEGIN 1000.0

static void mark(char text[32], double at, double duration)
{
    if (duration > 0)
        snprintf(text, 32, "%.6f", at);
    else
        snprintf(text, 32, "null");
}

const char *line_of(struct line_facts facts)
{
    static char lines[4][2048];
    static unsigned next;
    char *line = lines[next++ % 4];
    double tls = BEGIN + facts.tcp_ms + 1, end = facts.tls_ms > 0 ? tls + facts.tls_ms : tls - 1;
    char established[32], tls_start[32], tls_end[32];

    mark(established, BEGIN + facts.tcp_ms, facts.tcp_ms);
    mark(tls_start, tls, facts.tls_ms);
    mark(tls_end, end, facts.tls_ms);
    snprintf(
        line, sizeof(lines[0]),
        "{\"entryType\":\"resource\",\"name\":\"%s\",\"startTime\":%.6f,\"duration\":%.6f,"
        "\"domainLookupStart\":%.6f,\"domainLookupEnd\":%.6f,\"connectEnd\":%.6f,\"timestamp\":\"%s\","
        "\"phases\":{\"connectStart\":%.6f,\"tcpEstablished\":%s,\"tlsStart\":%s,\"tlsEnd\":%s,"
        "\"failed\":null},\"connection\":{\"role\":\"client\",\"outcome\":\"%s\",\"error\":%s%s%s,"
        "\"remoteAddress\":\"192.0.2.1\",\"remotePort\":80,\"reused\":false,\"late\":false%s},"
        "\"process\":{\"pid\":7,\"comm\":\"%s\",\"containerId\":null},\"tls\":null}\n",
        facts.name ? facts.name : "tcp://192.0.2.1:80", BEGIN, end - BEGIN, BEGIN, BEGIN, end,
        facts.timestamp ? facts.timestamp : "2026-11-21T12:00:00.000000000Z", BEGIN, established,
        tls_start, tls_end, facts.outcome ? facts.outcome : "connected", facts.error ? "{" : "null",
        facts.error ? facts.error : "", facts.error ? "}" : "", facts.more ? facts.more : "",
        facts.comm ? facts.comm : "curl");
    return line;
}
