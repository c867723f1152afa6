// SPDX-License-Identifier: MIT
// MDN's example of PerformanceResourceTiming.secureConnectionStart, by an observer, unchanged in its use of
// PerformanceObserver, for every process of the host. secure_connection_start.c is the same in C, and says
// what is wrong with MDN's formula.
import { PerformanceObserver } from "../tools/node/connspan.mjs";

const observer = new PerformanceObserver((list) => {
  list.getEntries().forEach((entry) => {
    const tls = entry.requestStart - entry.secureConnectionStart;
    if (tls > 0 && entry.secureConnectionStart > 0) {
      console.log(`${entry.name}: TLS negotiation duration: ${tls}ms`);
    }
    if (entry.connectEnd > entry.secureConnectionStart && entry.secureConnectionStart > 0) {
      console.log(`${entry.name}: TLS alone: ${entry.connectEnd - entry.secureConnectionStart}ms`);
    }
  });
});

observer.observe({ type: "resource", buffered: true });
