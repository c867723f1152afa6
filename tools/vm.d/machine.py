# SPDX-License-Identifier: MIT
"""One boot under QEMU, emulated: no KVM, no daemon, no disk image. The host's root is shared
read-only and the project read-write over 9p; the guest's console goes to a file, the command's
output through a second serial line to ours, its status through a file."""
import shlex
import shutil
import subprocess
from pathlib import Path

TIMED_OUT = 124  # as timeout(1)
NO_STATUS = 125
QEMU = "qemu-system-x86_64"
COMMAND_LINE = "console=ttyS0 quiet panic=-1 reboot=t nokaslr tsc=reliable mitigations=off"
CONSOLE_LINES = 40
KEPT = ("PATH", "LANG", "CI")  # of our environment, beside CONNSPAN*


class Machine:
    def __init__(self, kernel, project, scratch, cpus):
        self.kernel = Path(kernel)
        self.project = Path(project)
        self.scratch = Path(scratch)
        self.cpus = cpus
        self.command_line = [COMMAND_LINE, f'vm_work="{self.project}"']

    def _share(self, tag, path, *more):
        options = ",".join([f"local,path={path},mount_tag={tag},id={tag}",
                            "security_model=none,multidevs=remap", *more])
        return ["-virtfs", options]

    def _arguments(self):
        return [
            "setpriv", "--pdeathsig", "KILL",  # however we end, the machine ends with us
            QEMU, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", str(self.cpus), "-m", "2048",
            "-M", "q35", "-nodefaults", "-no-reboot", "-display", "none",
            "-kernel", self.kernel / "vmlinux", "-initrd", self.kernel / "initrd",
            "-append", " ".join(self.command_line),
            "-serial", f"file:{self.console}", "-serial", "stdio",
            *self._share("root", "/", "readonly=on"), *self._share("work", self.project),
            *self._share("run", self.scratch),
        ]

    @property
    def console(self):
        return self.scratch / "console"

    def _write_command(self, command, folder, environment):
        kept = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()
                if name in KEPT or name.startswith("CONNSPAN")]
        # Through a pipe, so that no program takes the serial line for a terminal.
        text = "".join([*kept, "export HOME=/root\n", f"cd {shlex.quote(str(folder))} || exit\n",
                        shlex.join(command), " 2>&1 | cat\n", "exit ${PIPESTATUS[0]}\n"])
        (self.scratch / "command").write_text(text, encoding="utf-8")

    def run(self, command, folder, environment, timeout_s):
        """The command's exit status, or TIMED_OUT, or NO_STATUS when the guest died under it."""
        if not shutil.which(QEMU):
            raise FileNotFoundError(f"{QEMU} is not installed (Debian: qemu-system-x86)")
        self._write_command(command, folder, environment)
        status = self.scratch / "status"
        status.unlink(missing_ok=True)
        try:
            subprocess.run(self._arguments(), stdin=subprocess.DEVNULL, timeout=timeout_s,
                           check=False)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        return int(status.read_text()) if status.exists() else NO_STATUS

    def console_end(self):
        if not self.console.exists():
            return []
        return self.console.read_text(errors="replace").splitlines()[-CONSOLE_LINES:]
