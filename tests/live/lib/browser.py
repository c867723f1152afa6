# SPDX-License-Identifier: MIT
"""Chromium without a window, told what to do over the DevTools protocol on two pipes.

The pipes (--remote-debugging-pipe: NUL-terminated JSON on fds 3 and 4) need no port and no library.
"""
import base64
import fcntl
import json
import os
import select
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "PageDown": 34, "Home": 36,
        "End": 35, "Enter": 13, "Tab": 9, "Escape": 27, "Shift": 16}
SHIFT = 8


def above_ten(descriptor):
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


class Browser:
    def __init__(self, program, width=1320, height=1000):
        self.folder = tempfile.TemporaryDirectory(prefix="connspan-browser-", ignore_cleanup_errors=True)
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()
        # bash puts the pipes where the browser looks for them: from numbers of two digits, which
        # not every sh reads, so that neither of them is in the other's way.
        theirs_in, theirs_out = map(above_ten, (theirs_in, theirs_out))
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", program, "--headless",
             "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={self.folder.name}",
             f"--window-size={width},{height}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.number = 0
        self.unread = b""
        self.events = []
        self.session = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"],
                                flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        os.close(self.to)
        os.close(self.back)
        self.folder.cleanup()

    def ask(self, method, timeout=120, **params):
        self.number += 1
        question = {"id": self.number, "method": method, "params": params}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.to, json.dumps(question).encode() + b"\0")
        until = time.monotonic() + timeout
        while True:
            message = self._next(until - time.monotonic())
            if message.get("id") == self.number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def _next(self, timeout):
        while b"\0" not in self.unread:
            if not select.select([self.back], [], [], max(timeout, 0))[0]:
                raise AssertionError("the browser does not answer")
            got = os.read(self.back, 1 << 20)
            if not got:
                raise AssertionError(f"the browser ended: {self.process.poll()}")
            self.unread += got
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    # ---- pages ----

    def open(self, path, ready):
        """Opens a file or a URL and waits until the expression `ready` is true."""
        self.events.clear()
        self.ask("Page.navigate", url=path if "://" in path else f"file://{path}")
        self.wait(ready)

    def run(self, expression):
        """The value of a JavaScript expression; promises are awaited."""
        done = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                        awaitPromise=True)
        if "exceptionDetails" in done:
            raise AssertionError(f"{expression}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def wait(self, expression, timeout=60):
        """Until the page shows what is expected; asked once per frame, by the page itself."""
        self.run("new Promise((resolve, reject) => { const until = performance.now() + "
                 f"{timeout * 1000}; const look = () => ({expression}) ? resolve(1) : "
                 "performance.now() > until ? reject(Error('waited in vain')) : "
                 "setTimeout(look, 10); look(); })")

    def press(self, key, shift=False):
        about = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS.get(key, 0),
                 "modifiers": SHIFT if shift else 0}
        self.ask("Input.dispatchKeyEvent", type="rawKeyDown", **about)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text):
        self.ask("Input.insertText", text=text)

    def click(self, selector):
        x, y = self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
                        "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect(); "
                        "return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        self.pointer("mousePressed", x, y)
        self.pointer("mouseReleased", x, y)

    def pointer(self, kind, x, y):
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1,
                 clickCount=1)

    def theme(self, name):
        self.ask("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path, clip=None):
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=bool(clip),
                        **({"clip": clip} if clip else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def complaints(self):
        """Uncaught exceptions, console errors, and requests for anything but the file itself."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"]))
            elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(str(params["entry"]))
            elif method == "Network.requestWillBeSent" and params["type"] != "Document":
                found.append(params["request"]["url"])
        return found
