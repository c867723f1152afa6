// SPDX-License-Identifier: MIT
// MDN's example of PerformanceResourceTiming.connectEnd, by an observer, unchanged in its use of
// PerformanceObserver, for every process of the host. connect_end.c is the same in C, and says
// what is wrong with MDN's formula.
import { PerformanceObserver } from "../tools/node/connspan.mjs";

const observer = new PerformanceObserver((list) => {
  list.getEntries().forEach((entry) => {
    const tcp = entry.connectEnd - entry.connectStart;
    if (tcp > 0) {
      console.log(`${entry.name}: TCP handshake duration: ${tcp}ms`);
      const end = entry.secureConnectionStart || entry.connectEnd; // MDN's takes in TLS
      console.log(`${entry.name}: TCP alone: ${end - entry.connectStart}ms`);
    }
  });
});

observer.observe({ type: "resource", buffered: true });
