# SPDX-License-Identifier: MIT
"""--web-strict: an entry tells no more than a page of the fetch's origin would get to know."""
import http.client

from lib import programs
from lib.case import LiveCase, main

TIMES = """startTime duration fetchStart domainLookupStart domainLookupEnd connectStart connectEnd
    secureConnectionStart requestStart firstInterimResponseStart finalResponseHeadersStart
    responseStart responseEnd""".split()
ALWAYS = {"startTime", "duration", "fetchStart", "responseEnd"}
GRAINS_PER_MS = 10


class WebStrict(LiveCase):
    options = ("--requests", "--web-strict")

    @classmethod
    def set_up(cls):
        cls.http = programs.SlowHttp()
        cls.addClassCleanup(cls.http.stop)

    def fetch(self, path="/", **fields):
        """The entry of one request with these fields."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http.port)
        connection.request("GET", path, headers=fields)
        port = connection.sock.getsockname()[1]
        connection.getresponse().read()
        connection.close()
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == port)
        self.check_coarse(entry)
        return entry

    def check_coarse(self, entry):
        phases = [time for time in entry["phases"].values() if time is not None]
        for time in [entry[name] for name in TIMES] + phases:
            self.assertEqual(time * GRAINS_PER_MS % 1, 0, entry)

    def check_whole(self, entry):
        self.assertEqual((entry["responseStatus"], entry["nextHopProtocol"]), (200, "http/1.1"))
        self.assertGreater(entry["requestStart"], 0)
        self.assertGreater(entry["transferSize"], 300)
        self.assertIsNotNone(entry["phases"]["tcpEstablished"])

    def check_opaque(self, entry, status):
        for name in set(TIMES) - ALWAYS:
            self.assertEqual(entry[name], 0, name)
        self.assertEqual(entry["fetchStart"], entry["startTime"])
        self.assertGreater(entry["responseEnd"], 0)
        self.assertEqual((entry["transferSize"], entry["encodedBodySize"]), (0, 0))
        self.assertEqual((entry["responseStatus"], entry["nextHopProtocol"]), (status, ""))
        self.assertEqual(set(entry["phases"].values()), {None})

    def test_nobody_said_whose_it_is(self):
        self.check_whole(self.fetch())

    def test_same_origin(self):
        self.check_whole(self.fetch(Origin=f"http://{self.http.at}"))
        self.check_whole(self.fetch(Referer=f"http://{self.http.at}/page"))

    def test_another_origin(self):
        self.check_opaque(self.fetch(Origin="http://a.example"), status=200)

    def test_another_origins_image(self):
        self.check_opaque(self.fetch(Referer="http://a.example/page"), status=0)

    def test_an_origin_that_is_allowed(self):
        self.check_whole(self.fetch("/allowed", Origin="http://a.example"))

    def test_an_origin_that_is_not_allowed(self):
        self.check_opaque(self.fetch("/allowed", Origin="http://b.example"), status=200)

    def test_ids_tell_no_time(self):
        one, other = (int(self.fetch().connection["id"]) for _ in range(2))
        self.assertGreater(one ^ other, 1 << 48, "consecutive times would differ less")


if __name__ == "__main__":
    main()
