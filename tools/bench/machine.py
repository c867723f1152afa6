# SPDX-License-Identifier: MIT
"""The machine that the figures are of: its name, its programs, what a process of it used."""
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PACKAGES = {  # where Debian has a program under another name
    "nginx": "nginx-light", "tcplife": "libbpf-tools", "tcpstates": "libbpf-tools",
    "tcpconnlat": "libbpf-tools", "tcplife.bt": "bpftrace", "ssllatency.bt": "bpftrace",
    "sslsniff-bpfcc": "bpfcc-tools",
}
missing = {}  # {program: package} that was asked for in vain


class Absent(Exception):
    """What a row needs is not on this machine, or does not work on it."""


def tool(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    if not path:
        missing[name] = PACKAGES.get(name, name)
        raise Absent(f"{name} is not installed")
    return path


def package_version(package):
    """Upstream's, of an installed Debian package; else nothing."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True,
                           text=True, check=False).stdout if shutil.which("dpkg-query") else ""
    return re.sub(r"^\d+:|[-+].*", "", shown)


def connspan():
    return Path(os.environ.get("CONNSPAN") or ROOT / "build/release/user/cli/connspan")


def load_program(name):
    """One of our own; they are built beside the program that is measured."""
    path = connspan().resolve().parents[2] / "tools" / "bench" / name
    if not path.exists():
        raise Absent(f"{name} was not built")
    return path


def _first(path, pattern, default):
    try:
        found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return default
    return found[1].strip().strip('"') if found else default


def describe():
    """One line: processors, memory, kernel, distribution, and how busy it is."""
    model = re.sub(r"\s*\((R|TM)\)", "", _first("/proc/cpuinfo", r"^model name\s*:(.*)", ""))
    gib = int(_first("/proc/meminfo", r"^MemTotal:\s*(\d+)", "0")) / 1048576
    virtual = _first("/proc/cpuinfo", r"^flags\s*:.*\b(hypervisor)\b", "")
    release = re.match(r"[\d.]+(-\d+\b)?", platform.release())[0]
    kind = " (virtual machine)" if virtual else ""
    return (f"{os.cpu_count()} x {model or platform.machine()}{kind}, {gib:.0f} GiB, Linux {release}, "
            f"{_first('/etc/os-release', '^PRETTY_NAME=(.*)', '')}")


def busy():
    """The load average of the last minute."""
    return float(Path("/proc/loadavg").read_text(encoding="ascii").split()[0])


def tree(pid):
    """The process and its living descendants."""
    found = [pid]
    for each in found:
        for file in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, file.read_text(encoding="ascii").split())
            except OSError:
                pass  # gone by now
    return found


def cpu_s(pid):
    """(user, kernel) seconds that the process and its descendants used."""
    user = kernel = 0
    for each in tree(pid):
        try:
            text = Path(f"/proc/{each}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        words = text.rpartition(")")[2].split()
        user += int(words[11]) + int(words[13] if each != pid else 0)
        kernel += int(words[12]) + int(words[14] if each != pid else 0)
    return user / TICKS_PER_S, kernel / TICKS_PER_S


def status(pid, key):
    """A number of /proc/PID/status, summed over the threads if it is one of each."""
    files = [f"/proc/{pid}/status"]
    if key.endswith("ctxt_switches"):
        files = Path(f"/proc/{pid}/task").glob("*/status")
    return sum(int(_first(file, rf"^{key}:\s*(\d+)", "0")) for file in files)
