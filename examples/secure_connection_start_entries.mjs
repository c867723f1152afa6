// SPDX-License-Identifier: MIT
// MDN's example of PerformanceResourceTiming.secureConnectionStart, by the entries there are, unchanged in its use of
// performance, for every process of the host. secure_connection_start_entries.c is the same in C, and says
// what is wrong with MDN's formula.
import { performance } from "../tools/node/connspan.mjs";

const resources = performance.getEntriesByType("resource");
resources.forEach((entry) => {
  const tls = entry.requestStart - entry.secureConnectionStart;
  if (tls > 0 && entry.secureConnectionStart > 0) {
    console.log(`${entry.name}: TLS negotiation duration: ${tls}ms`);
  }
  if (entry.connectEnd > entry.secureConnectionStart && entry.secureConnectionStart > 0) {
    console.log(`${entry.name}: TLS alone: ${entry.connectEnd - entry.secureConnectionStart}ms`);
  }
});
