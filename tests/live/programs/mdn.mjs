// SPDX-License-Identifier: MIT
// mdn.mjs FILE: what a page's script computes from the entries of a connspan file, as a reader of the
// browsers' documentation would: the TCP time by connectStart and connectEnd, and the TLS time by
// secureConnectionStart and requestStart; beside them the formulas that docs/report.md gives instead.
// One JSON line per entry.
import fs from 'node:fs';

const entries = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)
  .map((line) => JSON.parse(line)).filter((entry) => entry.entryType === 'resource');

// Stands in for a page's observer: it hands over a list, as PerformanceObserver does.
function observe(callback) {
  callback({ getEntries: () => entries });
}

const results = new Map(entries.map((entry) => [entry, { id: entry.connection.id, name: entry.name }]));

// connectStart, and connectEnd: how long connecting took
for (const property of ['connectStart', 'connectEnd']) {
  observe((list) => {
    for (const entry of list.getEntries()) {
      const tcp = entry.connectEnd - entry.connectStart;
      if (tcp > 0) results.get(entry)[property] = tcp;
    }
  });
}

// secureConnectionStart: how long the TLS negotiation took
observe((list) => {
  for (const entry of list.getEntries()) {
    const tls = entry.requestStart - entry.secureConnectionStart;
    if (tls > 0 && entry.secureConnectionStart > 0) results.get(entry).secureConnectionStart = tls;
  }
});

// docs/report.md: TCP ends where TLS begins, TLS where the connection is ready; nothing on reuse
observe((list) => {
  for (const entry of list.getEntries()) {
    if (!(entry.connectEnd > entry.connectStart)) continue;
    const secure = entry.secureConnectionStart > 0;
    results.get(entry).tcp = (secure ? entry.secureConnectionStart : entry.connectEnd) - entry.connectStart;
    if (secure) results.get(entry).tls = entry.connectEnd - entry.secureConnectionStart;
  }
});

for (const result of results.values()) console.log(JSON.stringify(result));
