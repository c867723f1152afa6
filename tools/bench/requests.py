# SPDX-License-Identifier: MIT
"""requests.py [ROUNDS [SECONDS]]: what --requests and --plaintext cost an HTTP request on a connection
that is kept alive, in clear and in TLS.

CONNSPAN as for the live tests; root, nginx, wrk, bpftool. wrk's connections are traced, each way of
tracing in turn, round after round; printed are medians of requests per second, their ratio to no
tracer, and what the BPF programs took of a request by the kernel's run-time statistics (in a run
of its own, since they cost, too). Nothing is asserted: speed is the machine's.
"""
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "live")]

import cost  # noqa: E402
from lib import host, programs  # noqa: E402
from lib.certs import Certificate  # noqa: E402
from lib.process import Process  # noqa: E402
from lib.tracer import Tracer  # noqa: E402

CONNECTIONS = 8
WAYS = {
    "no tracer": None,
    "record": (),
    "--requests": ("--requests",),
    "--plaintext": ("--requests", "--plaintext"),
}
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr notice;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl;
        ssl_certificate {certificate.cert}; ssl_certificate_key {certificate.key};
        return 200 ok;
    }}
}}
"""


def serve(folder):
    """The URLs it serves, and the server."""
    ports = programs.free_port(), programs.free_port()
    config = Path(folder) / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, plain=ports[0], tls=ports[1],
                                   certificate=Certificate(folder)), encoding="ascii")
    server = Process([host.tool("nginx"), "-c", config])
    server.wait_line("start worker processes", "stderr")
    urls = {"in clear": f"http://127.0.0.1:{ports[0]}/", "in TLS": f"https://127.0.0.1:{ports[1]}/"}
    return urls, server


def load(url, seconds):
    """(requests, requests per second) that wrk made."""
    said = subprocess.run([host.tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url],
                          capture_output=True, text=True, check=True).stdout
    return (int(re.search(r"(\d+) requests in", said)[1]),
            float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))


def traced(folder, options, run):
    """run() beside a tracer of wrk's connections, or alone."""
    if options is None:
        return run()
    tracer = Tracer(folder, "-c", "wrk", *options)
    try:
        return run()
    finally:
        tracer.stop()
        tracer.path.unlink()


def ns_per_request(folder, url, options, seconds):
    """By all BPF programs that came with the tracer; the server's packets are in it."""
    others = cost.programs()

    def run():
        before = cost.programs()
        count, _ = load(url, seconds)
        after = cost.programs()
        spent = sum(ns - before.get(number, ("", 0, 0))[2]
                    for number, (_, _, ns) in after.items() if number not in others)
        return spent / count

    with cost.statistics_on():
        return traced(folder, options, run)


def compare(kind, url, folder, rounds, seconds):
    rates = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, options in WAYS.items():
            rates[way].append(traced(folder, options, lambda: load(url, seconds)[1]))
    print(f"{kind:<14} requests/s   ratio   BPF ns/request")
    for way, options in WAYS.items():
        ratios = [rate / none for rate, none in zip(rates[way], rates["no tracer"])]
        ns = 0 if options is None else ns_per_request(folder, url, options, seconds)
        print(f"  {way:<12} {statistics.median(rates[way]):10.0f} {statistics.median(ratios):7.2f} "
              f"{ns:16.0f}", flush=True)


def main():
    given = [int(word) for word in sys.argv[1:]]
    rounds, seconds = given + [5, 3][len(given):]
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder:
        urls, server = serve(folder)
        try:
            for kind, url in urls.items():
                compare(kind, url, folder, rounds, seconds)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
