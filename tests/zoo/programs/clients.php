<?php
// SPDX-License-Identifier: MIT
// clients.php curl|streams URL CA COUNT: GETs the URL on COUNT new connections. One JSON line each
// with CLOCK_MONOTONIC times: around the calls of the streams, or by curl's own account of itself. curl
// counts from a moment of its own: a start is told from the earliest it can be, an end from the latest.

function by_curl(string $url, string $ca): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_CAINFO => $ca, CURLOPT_RETURNTRANSFER => true]);
    $before = hrtime(true);
    curl_exec($curl) or exit(curl_error($curl));
    $after = hrtime(true);
    $took = fn(int $what): int => 1000 * curl_getinfo($curl, $what);
    // That curl began to count; the total is counted from an earlier moment than all else.
    $latest = $after - $took(CURLINFO_STARTTRANSFER_TIME_T);
    return [
        'localPort' => curl_getinfo($curl, CURLINFO_LOCAL_PORT),
        'connectStart' => $before + $took(CURLINFO_NAMELOOKUP_TIME_T),
        'connected' => $latest + $took(CURLINFO_CONNECT_TIME_T),
        'tlsEnd' => $latest + $took(CURLINFO_APPCONNECT_TIME_T),
    ];
}

function by_streams(string $url, string $ca): array
{
    $host = parse_url($url, PHP_URL_HOST);
    $context = stream_context_create(['ssl' => ['cafile' => $ca, 'peer_name' => $host]]);
    $marks = ['connectStart' => hrtime(true)];
    $stream = stream_socket_client("tcp://$host:443", $code, $why, 30, STREAM_CLIENT_CONNECT, $context);
    $marks['connected'] = hrtime(true);
    $marks['localPort'] = (int) substr(strrchr(stream_socket_get_name($stream, false), ':'), 1);
    $marks['tlsStart'] = hrtime(true);
    stream_socket_enable_crypto($stream, true, STREAM_CRYPTO_METHOD_TLS_CLIENT) or exit('no TLS');
    $marks['tlsEnd'] = hrtime(true);
    fwrite($stream, "GET / HTTP/1.0\r\nHost: $host\r\n\r\n");
    stream_get_contents($stream);
    return $marks;
}

[, $kind, $url, $ca, $count] = $argv;
for ($i = 0; $i < (int) $count; $i++) {
    echo json_encode($kind === 'curl' ? by_curl($url, $ca) : by_streams($url, $ca)), "\n";
}
