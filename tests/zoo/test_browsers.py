# SPDX-License-Identifier: MIT
"""Headless browsers with a new profile each run: BoringSSL and NSS, linked in and stripped.

Their marks are the very ones that connspan gives to everybody else: Firefox's come from the page's
own Resource Timing, Chromium's from its net log. What a browser asks of the world in the background
finds no way out of the namespace; what it guesses of the page is switched off.
"""
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

from zoo import Animal, Zoo, main, tool
from servers import URL

PAGE = f"{URL}page.html"
MILLISECOND_NS = 1_000_000
REACH_NS = 100_000_000  # the browser's threads and processes hand the news to each other
FALSE_START_NS = 5_000_000  # done with its own Finished, whether or not it writes before the server's
FIREFOX_REACH_NS = 1_000_000_000  # now and then its connectStart is 250 ms before its connect()
PAGE_GRAIN_NS = 2_000_000  # the browser reads its two clocks one after the other
NO_PREDICTION = '{"net":{"network_prediction_options":2}}'
FIREFOX = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.upgrade_with_https_rr": False,
    "network.dns.use_https_rr_as_altsvc": False,
    "network.http.connection-retry-timeout": 0,
    "network.http.speculative-parallel-limit": 0,
    "network.trr.mode": 5,
    "privacy.reduceTimerPrecision": False,
}


class Browsers(Zoo):
    def trusting(self, folder):
        """An NSS database that holds our CA."""
        certutil = tool("certutil")
        folder.mkdir(parents=True)
        for args in (["-N", "--empty-password"],
                     ["-A", "-t", "C,,", "-n", "zoo", "-i", self.ca]):
            subprocess.run([certutil, "-d", f"sql:{folder}", *args], check=True)

    def fresh(self, template, home):
        """The beginning of a command line: `home` is made anew as `template` is."""
        return ["/bin/sh", "-c", f'rm -rf "{home}" && cp -r "{template}" "{home}" && exec "$@"', "sh"]

    # ---- Chromium ----

    def test_chromium(self):
        template, home = Path(self.folder) / "chromium", Path(self.folder) / "home"
        self.trusting(template / ".pki" / "nssdb")
        (template / "profile" / "Default").mkdir(parents=True)
        (template / "profile" / "Default" / "Preferences").write_text(NO_PREDICTION)
        command = [tool("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--dump-dom"]
        self.visit(
            Animal("chromium", "BoringSSL", "chromium", runs=3, child=True, grain_ns=MILLISECOND_NS,
                   hasty_ns=FALSE_START_NS, reach_ns=REACH_NS),
            *self.fresh(template, home), "/bin/sh", "-c",
            f'exec "$@" --log-net-log="{self.folder}/net-log-$$" '
            f'--user-data-dir="{home}/profile" {PAGE}', "sh", *command,
            marks=self.net_logs, env={**os.environ, "HOME": str(home)},
        )

    def net_logs(self, text, _):
        pids = [line.split()[1] for line in text.splitlines() if line.startswith("pid ")]
        logs = [json.loads((Path(self.folder) / f"net-log-{pid}").read_text()) for pid in pids]
        return [marks for log in logs for marks in self.net_log(log)]

    def net_log(self, log):
        """The connections of one run. Times are whole milliseconds of CLOCK_MONOTONIC."""
        names = {number: name for name, number in log["constants"]["logEventTypes"].items()}
        begin = log["constants"]["logEventPhase"]["PHASE_BEGIN"]
        wanted = {("TCP_CONNECT_ATTEMPT", True): "connectStart",
                  ("TCP_CONNECT_ATTEMPT", False): "connected",
                  ("SSL_CONNECT", True): "tlsStart", ("SSL_CONNECT", False): "tlsEnd"}
        sockets = {}
        for event in log["events"]:
            name = names[event["type"]]
            marks = sockets.setdefault(event["source"]["id"], {})
            mark = wanted.get((name, event["phase"] == begin))
            if mark:
                marks[mark] = int(event["time"]) * MILLISECOND_NS
            if name == "TCP_CONNECT" and event["phase"] != begin:
                marks["localPort"] = int(event["params"]["local_address"].rsplit(":", 1)[1])
        return [marks for marks in sockets.values() if "localPort" in marks]

    # ---- Firefox ----

    def test_firefox(self):
        template, home = Path(self.folder) / "firefox", Path(self.folder) / "home"
        self.trusting(template / "profile")
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in FIREFOX.items()]
        (template / "profile" / "user.js").write_text("".join(lines))
        self.visit(
            Animal("firefox-esr", "NSS", "firefox-esr", runs=3, grain_ns=PAGE_GRAIN_NS,
                   reach_ns=FIREFOX_REACH_NS),
            *self.fresh(template, home), tool("firefox-esr"), "--headless", "--no-remote",
            "--profile", home / "profile", "--screenshot", f"{self.folder}/page.png", PAGE,
            marks=self.page_marks, env={**os.environ, "HOME": str(home)},
        )

    def page_marks(self, _, file):
        """What the page told of itself, on the wall clock, is in the server's log. Not which
        connection it meant: now and then a browser opens one more, and tells on that one."""
        clock = file.header["clock"]
        shift = int(clock["monotonicNs"]) - int(clock["unixNs"])
        marks = []
        for line in self.site.log():
            _, path, _ = line["request"].split()
            if path.startswith("/marks?"):
                told = json.loads(unquote(path.split("?", 1)[1]))
                at = {name: shift + round((told["timeOrigin"] + told[name]) * MILLISECOND_NS)
                      for name in ("connectStart", "secureConnectionStart", "connectEnd")}
                marks.append({"connectStart": at["connectStart"],
                              "tlsStart": at["secureConnectionStart"], "tlsEnd": at["connectEnd"]})
        return marks


if __name__ == "__main__":
    main()
