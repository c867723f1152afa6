# SPDX-License-Identifier: MIT
"""From a kernel's packages to what QEMU boots: vmlinux, which every Debian kernel can enter directly
(CONFIG_PVH), and an initial RAM disk of our own init with the modules that it loads."""
import hashlib
import lzma
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent

# In the guest nothing is loaded on demand: what the tests need is loaded by init, with what each
# depends on before it. What a kernel has built in, or lacks, is left out.
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "veth", "dummy", "sch_netem", "tls")

UNPACKERS = ((b"\xfd7zXZ", ["xz", "-dcq", "--single-stream"]), (b"\x28\xb5\x2f\xfd", ["zstd", "-dcq"]),
             (b"\x02\x21\x4c\x18", ["lz4", "-dcq"]), (b"\x1f\x8b", ["gzip", "-dcq"]))


def unpack(data):
    """Decompresses by the first bytes. The payload of a vmlinuz ends with its size: not an error."""
    for magic, command in UNPACKERS:
        if data.startswith(magic):
            return subprocess.run(command, input=data, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False).stdout
    raise ValueError(f"unknown compression: {data[:4].hex()}")


def vmlinux_of(vmlinuz):
    """The ELF inside (Documentation/x86/boot.rst: setup_sects, payload_offset, payload_length)."""
    def word(at, length=4):
        return int.from_bytes(vmlinuz[at:at + length], "little")

    start = (word(0x1F1, 1) + 1) * 512 + word(0x248)
    elf = unpack(vmlinuz[start:start + word(0x24C)])
    if not elf.startswith(b"\x7fELF"):
        raise ValueError("the payload of vmlinuz is no ELF")
    return elf


class Modules:
    """The .ko files of an unpacked kernel."""

    def __init__(self, tree):
        self.paths = {path.name.split(".ko")[0].replace("-", "_"): path
                      for path in Path(tree).rglob("*.ko*")}

    def read(self, name):
        path = self.paths[name]
        data = path.read_bytes()
        return lzma.decompress(data) if path.suffix == ".xz" else data

    def in_order(self, wanted):
        """[(name, content)], dependencies first."""
        done = {}

        def add(name):
            if name in done or name not in self.paths:
                return
            content = self.read(name)
            for needed in depends(content):
                add(needed)
            done[name] = content

        for name in wanted:
            add(name)
        return list(done.items())


def depends(content):
    """What a module's .modinfo says it needs."""
    at = content.find(b"\0depends=")
    if at < 0:
        return []
    text = content[at + 9:content.index(b"\0", at + 9)].decode()
    return [name.replace("-", "_") for name in text.split(",") if name]


def cpio(files):
    """A `newc` archive (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    out = bytearray()

    def pad():
        out.extend(b"\0" * (-len(out) % 4))

    for number, (name, mode, content) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        path = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
        out.extend(b"070701" + b"".join(b"%08x" % field for field in fields) + path)
        pad()
        out.extend(content)
        pad()
    return bytes(out)


def build_init(out):
    subprocess.run(["cc", "-static", "-O2", "-Wall", "-Wextra", "-o", out, HERE / "init.c"],
                   check=True)
    return Path(out).read_bytes()


def recipe():
    """Changes with the way an image is made."""
    sources = (HERE / "init.c", HERE / "image.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def build(tree, folder):
    """Writes vmlinux and initrd into `folder` from the unpacked packages below `tree`."""
    vmlinuz = next(path for path in Path(tree).rglob("vmlinuz*") if path.is_file())
    (folder / "vmlinux").write_bytes(vmlinux_of(vmlinuz.read_bytes()))
    modules = Modules(tree).in_order(MODULES)
    files = [("init", 0o100755, build_init(folder / "init"))]
    files += [("modules", 0o040755, b""), ("root", 0o040755, b""), ("dev", 0o040755, b"")]
    files += [(f"modules/{number:02}-{name}", 0o100644, content)
              for number, (name, content) in enumerate(modules)]
    (folder / "initrd").write_bytes(cpio(files))
