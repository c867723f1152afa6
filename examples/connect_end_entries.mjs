// SPDX-License-Identifier: MIT
// MDN's example of PerformanceResourceTiming.connectEnd, by the entries there are, unchanged in its use of
// performance, for every process of the host. connect_end_entries.c is the same in C, and says
// what is wrong with MDN's formula.
import { performance } from "../tools/node/connspan.mjs";

const resources = performance.getEntriesByType("resource");
resources.forEach((entry) => {
  const tcp = entry.connectEnd - entry.connectStart;
  if (tcp > 0) {
    console.log(`${entry.name}: TCP handshake duration: ${tcp}ms`);
    const end = entry.secureConnectionStart || entry.connectEnd; // MDN's takes in TLS
    console.log(`${entry.name}: TCP alone: ${end - entry.connectStart}ms`);
  }
});
