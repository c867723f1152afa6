# SPDX-License-Identifier: MIT
"""Catapult's trace viewer (what chrome://tracing was) in Chromium: the importer that the Trace Event
Format was written for. Debian's chromium leaves it out; Go's sources bring it for `go tool trace`.
"""
import functools
import glob
import http.server
import json
import os
import subprocess
import threading

from lib import browser

PAGE = """<!doctype html><html style="height:100%"><head>
<script src="webcomponents.min.js"></script>
<link rel="import" href="trace_viewer_full.html"></head>
<body style="margin:0;height:100%"><script>
document.addEventListener('WebComponentsReady', () => {
  const container = document.createElement('track-view-container');
  container.id = 'track_view_container';
  window.viewer = document.createElement('tr-ui-timeline-view');
  viewer.style.height = '100%';
  viewer.track_view_container = container;
  Polymer.dom(viewer).appendChild(container);
  viewer.globalMode = true;
  Polymer.dom(document.body).appendChild(viewer);
});
</script></body></html>"""

IMPORT = """(async () => {
  const model = new tr.Model(), options = new tr.importer.ImportOptions();
  options.shiftWorldToZero = false;
  options.showImportWarnings = false;
  await new tr.importer.Import(model, options).importTraces([%s]);
  viewer.model = window.model = model;
  const slice = s => ({title: s.title, start: s.start, end: s.end, args: s.args, error: s.error,
                       inside: s.subSlices.map(slice)});
  return {
    warnings: model.importWarnings.map(w => w.type + ': ' + w.message),
    processes: model.getAllProcesses().map(p => ({pid: p.pid, name: p.name,
      slices: Object.values(p.threads).flatMap(t => t.asyncSliceGroup.slices.map(slice))})),
  };
})()"""


def folder():
    """Where the viewer lies, or None. Go moved it in 1.22."""
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=False).stdout
    found = glob.glob(os.path.join(root.strip(), "src/**/trace_viewer_full.html"), recursive=True)
    return os.path.dirname(found[0]) if root.strip() and found else None


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_):
        pass


class TraceViewer:
    def __init__(self, program, directory):
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=directory))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.browser = browser.Browser(program)
        self.browser.open(f"http://127.0.0.1:{self.server.server_port}/", "window.viewer")

    def load(self, text):
        """{"warnings": [...], "processes": [{"pid", "name", "slices": [{"title", ...}]}]}"""
        return self.browser.run(IMPORT % json.dumps(text))

    def close(self):
        self.browser.close()
        self.server.shutdown()
        self.server.server_close()
