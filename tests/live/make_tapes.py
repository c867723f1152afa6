# SPDX-License-Identifier: MIT
"""make_tapes.py [CASE...]: records the tapes of tests/golden anew, as root, from our own traffic.

Needs CONNSPAN and CONNSPAN_PROGRAMS. A tape holds what one command's process tree did and nothing
else; the host's name, boot and kernel build are overwritten, and the programs run from a neutral
folder. Look at expect.ndjson before it is committed: it is what the next change is held against.
"""
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from lib import exchange, host, programs, proxies
from lib.certs import NAME, Certificate
from lib.names import Names

# Real programs, each with another library or another fate: what tools/run --demo shows.
DEMO = """
tls() { curl -sk --resolve "$1:443:127.0.0.1" "https://$1/" -o /dev/null "${@:2}"; }
openssl s_server -accept 127.0.0.1:443 -cert "$0" -key "$1" -www -quiet >/dev/null & server=$!
until openssl s_client -connect 127.0.0.1:443 </dev/null >/dev/null 2>&1; do :; done
tls shop.example
wget -q --no-check-certificate https://localhost/ -O /dev/null
tls legacy.example --tls-max 1.2
curl -s http://127.0.0.1:443/ -o /dev/null
curl -s http://127.0.0.1:9/
curl -s --resolve shop.example:443:127.0.0.1 https://shop.example/
/usr/bin/python3 -c 'import asyncio, ssl
async def go():
    context = ssl._create_unverified_context()
    await asyncio.open_connection("127.0.0.1", 443, ssl=context, server_hostname="api.example")
asyncio.run(go())'
NODE_TLS_REJECT_UNAUTHORIZED=0 node -e 'fetch("https://localhost/").then(r => r.text())' 2>/dev/null
kill $server
wait
"""

FOLDER = Path("/opt/connspan-golden")
GOLDEN = host.SOURCE / "tests" / "golden"
EXCHANGE = "send=x", "recv", "close"
HEADER = "8sIIIIQQQQ72s40s72s"  # user/feed/tape.h, up to the kernel

# case: (why, server's options or None, TLS?, marks' options and steps)
CASES = {
    "plain": ("A plain connection: one record, connectEnd is ESTABLISHED.",
              (), False, ("connect", *EXCHANGE)),
    "refused": ("A refused connection: W3C marks are 0, phases hold what happened.",
                None, False, ("connect",)),
    "tls12": ("A full TLS 1.2 handshake: ends with both Finished messages; ALPN is in clear.",
              ("--max", "1.2", "--alpn", "h2"), True, ("connect", "tls", *EXCHANGE)),
    "tls13": ("A full TLS 1.3 handshake: ends with the client's encrypted Finished.",
              ("--min", "1.3"), True, ("connect", "tls", *EXCHANGE)),
    "tls-resumed": ("A full TLS 1.3 handshake, then one by pre_shared_key with early data.",
                    ("--early-data", "1000"), True,
                    ("--connections", "2", "--resume", "--early-data",
                     "connect", "tls", *EXCHANGE)),
    "alert": ("The server refuses the version by an alert in clear.",
              ("--min", "1.3"), True, ("--tls", "1.2", "connect", "tls")),
    "demo": ("What tools/run --demo shows: real programs, TLS stacks and failures.",
             None, False, ()),
    "late": ("TLS on a connection that was told as silent: the second entry is late.",
             (), True, ("connect", "delay=3500", "tls", *EXCHANGE)),
    "server-role": ("Both ends of one TLS connection on loopback: two entries.",
                    (), True, ("connect", "tls", *EXCHANGE)),
}

# case: (why, curl's words); the server is slow_http.py
REQUESTS = {
    "requests": ("Requests on one connection: the first has its marks, later ones reuse it; of the "
                 "cookie and the secret the tape holds nothing.",
                 ("-b", "session=hidden", "PLAIN/early", "PLAIN/204", "PLAIN/body?token=hidden")),
    "requests-tls": ("HTTP/1.1 inside TLS, told by the direction of records.",
                     ("--http1.1", "-k", "TLS/head", "TLS/large")),
    "requests-fates": ("HEAD, 304, chunks, 502, and a body that is cut off, on one connection.",
                       ("-I", "PLAIN/", "--next", "-s", "PLAIN/304", "PLAIN/chunked", "PLAIN/502",
                        "PLAIN/cut")),
    "requests-dropped": ("The server closes instead of an answer; curl asks again, at another "
                         "connection.", ("PLAIN/204", "PLAIN/drop")),
    "requests-upgrade": ("101: no HTTP follows.",
                         ("-H", "Connection: Upgrade", "-H", "Upgrade: echo", "--max-time", "1",
                          "PLAIN/upgrade")),
}

# Says pieces, each in a packet of its own, and hears a while where a piece is empty.
SAY = """
import socket, sys, time
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in sys.argv[2:]:
        client.sendall(piece.encode())
        time.sleep(0.05 if piece else 1)
        piece or client.recv(65536)
"""
HOST = " HTTP/1.1\r\nHost: shop.example\r\n"

# case: (why, pieces); the server is slow_http.py
PIECES = {
    "requests-pieces": ("Heads of both ends in pieces, after interim responses, and pipelined: all read as "
                        "they were said, and of passwords and a body the tape holds nothing.",
                        ("GET http://me:hid", "den@shop.example/ea", "rly HTTP/1.1\r\nHo",
                         "st: shop.example\r\n\r\n", "",
                         "POST /pieces?to", "ken=hid" + HOST + "Expect: 100-continue\r\nContent-Length",
                         ": 38\r\n\r\n", "GET /hidden HTTP/1.1\r\nHost: hidden\r\n\r\n", "",
                         "GET /3", "04" + HOST + "\r\nGET /" + HOST + "\r\nGET /204" + HOST + "\r\n", "")),
}

# case: (why, the exchange that is played: lib/exchange.py)
EXCHANGES = {
    "socks4a": ("TLS through SOCKS 4a: name and proxy.target are what the proxy was asked for.",
                "socks4a"),
    "socks5": ("TLS through SOCKS 5 with a password, which the tape does not hold.",
               "socks5-password"),
    "socks5-refused": ("A SOCKS 5 proxy that could not reach the target.", "socks5-refused"),
    "connect": ("TLS through HTTP CONNECT, asked twice: 407, then with credentials, which the tape "
                "does not hold.", "connect-407-retry"),
    "connect-plain": ("Plain HTTP through CONNECT: connected when the proxy consents.",
                      "connect-plain"),
    "proxy-chain": ("TLS through CONNECT, then SOCKS 5: the innermost target.", "connect-chain"),
    "proxy-header": ("A PROXY header and the ClientHello in one segment.", "proxy-v1"),
    "starttls": ("SMTP that upgrades: of what was said before, the tape holds nothing.",
                 "smtp-starttls"),
}

# Looks up names and connects to what they lead to, if to anything; a name may be an address.
CONNECT_BY_NAME = """
import socket, sys
for name in sys.argv[2:]:
    try:
        with socket.create_connection((name, int(sys.argv[1]))) as client:
            client.sendall(b"x")
            client.recv(1)
    except OSError:
        pass
"""
BY_CURL = "curl", "-s", "-o", "/dev/null", "--http0.9", "--max-time", "1"

# case: (why, options of the recording alone, the name server, what is asked for)
LOOKUPS = {
    "dns": ("Two aliases and two addresses by queries alone; the next connection to the same "
            "address has the name, and its marks stand still.",
            ("--no-uretprobes",), Names.SERVER,
            ("deep.example", Names.SERVER, "both.example", Names.SERVER)),
    "dns-tcp": ("An answer that fits no datagram is asked for again by TCP: one lookup.",
                ("--no-uretprobes",), Names.SERVER, ("big.example",)),
    "dns-call": ("A name from the hosts file: getaddrinfo tells it; one that queries tell, too.",
                 (), Names.SERVER, ("quiet.example", "shop.example")),
    "dns-failed": ("A lookup that failed is an entry of its own, once, told a second later, when "
                   "nobody tried again; the program went on to another name.",
                   (), Names.SERVER, ("none.no.example", "shop.example")),
    "dns-queries-failed": ("A lookup that failed, by queries alone.",
                           ("--no-uretprobes",), Names.FAILING, ("shop.example",)),
    "race": ("Happy eyeballs: the address of IPv6 does not answer and is abandoned; the other one "
             "says when the race began.",
             (), Names.SERVER, BY_CURL),
}

# case: (why, the shell's words, which find PORT, CA and PROXY; options of the recording alone)
SCRIPTS = {
    "untrusted": ("curl does not believe the certificate: the alert is encrypted, the library told.",
                  "curl -s https://localhost:PORT/", ()),
    "https-proxy": ("TLS inside TLS to a proxy: the entry is the target's, by the library alone.",
                    "curl -s --cacert CA --proxy-cacert CA -x https://localhost:PROXY "
                    "https://connspan.test:PORT/ -o /dev/null", ()),
    "no-wire": ("No packet is seen: name, begin and end are the library's.",
                "MARKS --sni localhost 127.0.0.1:PORT connect tls close", ("--no-wire",)),
}


def scrub(path):
    """Overwrites what tells this machine from others."""
    tape = bytearray(path.read_bytes())
    fields = list(struct.unpack_from("=" + HEADER, tape))
    release = fields[-1].split(b"\0")[0].decode().split("-")[0]
    fields[-3:] = b"host.example", b"00000000-0000-4000-8000-000000000000", release.encode()
    struct.pack_into("=" + HEADER, tape, 0, *fields)
    path.write_bytes(tape)


def marks_of(words, address):
    """Options come before the address, steps after it."""
    first = next(i for i, word in enumerate(words) if word in ("connect",))
    return [str(FOLDER / "marks"), *words[:first], address, *words[first:]]


def both_ends(command, server_options):
    """A shell that starts the server and, when that listens, the client, in one tree."""
    script = ('"$@" > ' + str(FOLDER / "port") + ' & server=$!; '
              'while ! grep -q port ' + str(FOLDER / "port") + '; do :; done; '
              'port=$(sed "s/[^0-9]*\\([0-9]*\\).*/\\1/" ' + str(FOLDER / "port") + '); '
              + " ".join(command).replace("PORT", "$port") + '; kill $server; wait')
    return ["sh", "-c", script, "sh", str(FOLDER / "server"), *server_options]


def record(case, command, *options, only_recording=()):
    folder = GOLDEN / case
    folder.mkdir(parents=True, exist_ok=True)
    tape = FOLDER / "events.tape"
    subprocess.run(
        [host.connspan(), "record", "-q", "-o", "/dev/null", "--tape", tape, *options,
         *only_recording, "--", *command], check=True, stdout=subprocess.DEVNULL, cwd="/",
    )
    scrub(tape)
    shutil.copyfile(tape, folder / "events.tape")
    tape.unlink()
    why = {**CASES, **EXCHANGES, **LOOKUPS, **SCRIPTS, **REQUESTS, **PIECES}[case][0]
    (folder / "why").write_text(why + "\n", encoding="utf-8")
    if options:
        (folder / "options").write_text(" ".join(options) + "\n", encoding="ascii")
    replayed = subprocess.run(
        [host.connspan(), "replay", folder / "events.tape", "-q", "-f", "ndjson", *options],
        check=True, stdout=subprocess.PIPE,
    )
    (folder / "expect.ndjson").write_bytes(replayed.stdout)


def play(case, certificate):
    (played,) = (each for each in exchange.all_exchanges() if each.name == EXCHANGES[case][1])
    server = exchange.ExchangeServer(certificate)
    served = server.start([played])
    record(case, ["/usr/bin/python3", "-B", host.SCRIPTS / "exchange.py", str(server.port), "0",
                  certificate.cert, NAME, played.path])
    served.join()
    server.close()


def look_up(case):
    _, options, server, what = LOOKUPS[case]
    names = Names()
    plain = programs.Server(address=Names.SERVER, inside=names.router)
    names.use(server)
    names.hosts(f"{Names.SERVER} quiet.example")
    if what is BY_CURL:
        command = "sh", "-c", '"$@" || true', "sh", *what, f"http://race.example:{plain.port}/"
    else:
        command = "/usr/bin/python3", "-c", CONNECT_BY_NAME, plain.port, *what
    record(case, names.inside(*command), only_recording=options)
    plain.stop()
    names.close()


def run_script(case, certificate):
    _, words, alone = SCRIPTS[case]
    server = programs.Server(certificate=certificate)
    proxy = proxies.HttpsProxy(certificate)
    values = {"PORT": server.port, "CA": certificate.cert, "PROXY": proxy.port,
              "MARKS": FOLDER / "marks"}
    for name, value in values.items():
        words = words.replace(name, str(value))
    try:
        record(case, ["sh", "-c", words + "; true"], only_recording=alone)
    finally:
        proxy.stop()
        server.stop()


def fetch(case, certificate):
    options = (certificate.cert, certificate.key) if case == "requests-tls" else ()
    server = programs.SlowHttp(*options)
    words = [word.replace("PLAIN", f"http://{server.at}").replace("TLS", f"https://{server.at}")
             for word in REQUESTS[case][1]]
    record(case, ["sh", "-c", '"$@"; true', "sh", "curl", "-s", *words], "--requests")
    server.stop()


def say(case):
    server = programs.SlowHttp()
    record(case, ["/usr/bin/python3", "-c", SAY, str(server.port), *PIECES[case][1]], "--requests")
    server.stop()


def make(case, certificate):
    if case in SCRIPTS:
        run_script(case, certificate)
        return
    if case in REQUESTS:
        fetch(case, certificate)
        return
    if case in PIECES:
        say(case)
        return
    if case in LOOKUPS:
        look_up(case)
        return
    if case in EXCHANGES:
        play(case, certificate)
        return
    _, server_options, tls, words = CASES[case]
    if tls:
        words = ("--sni", NAME, "--alpn", "h2,http/1.1", *words)
    if case == "server-role":
        keys = "--cert", certificate.cert, "--key", certificate.key
        record(case, both_ends(marks_of(words, "127.0.0.1:PORT"), keys), "--role", "both")
        return
    if case == "demo":
        record(case, ["bash", "-c", DEMO, certificate.cert, certificate.key])
        return
    if server_options is None:
        record(case, marks_of(words, "127.0.0.1:1"))
        return
    server = programs.Server(*server_options, certificate=certificate if tls else None)
    try:
        record(case, marks_of(words, server.at))
    finally:
        server.stop()


def main():
    os.umask(0o022)
    FOLDER.mkdir()
    try:
        for name in ("marks", "server"):
            shutil.copy(host.program(name), FOLDER / name)
        certificate = Certificate(FOLDER)
        mapper = programs.Server(certificate=certificate)  # so that libssl is known from the start
        for case in sys.argv[1:] or [*CASES, *EXCHANGES, *LOOKUPS, *SCRIPTS, *REQUESTS, *PIECES]:
            make(case, certificate)
            print(case)
        mapper.stop()
    finally:
        shutil.rmtree(FOLDER)


main()
