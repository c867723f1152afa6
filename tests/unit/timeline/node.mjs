// SPDX-License-Identifier: MIT
// tools/node/timeline.mjs against the same web-platform-tests cases as the C library, in short.
import assert from "node:assert/strict";
import test from "node:test";

import { PerformanceResourceTiming, Timeline, globalsOf } from "../../../tools/node/timeline.mjs";

const origin = { monotonicNs: 0, unixNs: 1_700_000_000_000_000_000 };
const tasks = () => new Promise((done) => setTimeout(done));

function world() {
  const timeline = new Timeline();
  const load = (...ids) => {
    for (const id of ids)
      timeline.queue(new PerformanceResourceTiming({
        entryType: "resource", id, name: `https://${id}.example/`, startTime: id }));
  };
  return { timeline, load, ...globalsOf(timeline, origin) };
}

const idsOf = (entries) => entries.map((entry) => entry.id);

test("po-observe-type: errors", () => {
  const { PerformanceObserver } = world();
  const single = new PerformanceObserver(() => {});
  assert.throws(() => new PerformanceObserver(), TypeError);
  assert.throws(() => single.observe(), TypeError);
  assert.throws(() => single.observe({ buffered: true }), TypeError);
  assert.throws(() => single.observe({ entryTypes: ["resource"], type: "resource" }), TypeError);
  assert.throws(() => single.observe({ entryTypes: ["resource"], buffered: true }), TypeError);
  single.observe({ type: "resource" });
  assert.throws(() => single.observe({ entryTypes: ["resource"] }), { name: "InvalidModificationError" });
  single.observe({ type: "does-not-exist" });
});

test("buffered-flag, droppedentriescount, po-entries-sort", async () => {
  const { PerformanceObserver, performance, load } = world();
  const told = [];
  performance.setResourceTimingBufferSize(2);
  load(2, 1, 3);
  await tasks(); // the third is given up
  const observer = new PerformanceObserver((list, self, options) => {
    assert.equal(self, observer);
    told.push([idsOf(list.getEntries()), options.droppedEntriesCount]);
  });
  observer.observe({ type: "resource", buffered: true });
  load(4);
  await tasks();
  load(5);
  await tasks();
  assert.deepEqual(told, [[[1, 2, 4], 1], [[5], undefined]]);
});

test("po-takeRecords, po-disconnect", async () => {
  const { PerformanceObserver, load } = world();
  const observer = new PerformanceObserver(() => assert.fail("told"));
  observer.observe({ entryTypes: ["resource", "mark"] });
  load(1, 2);
  assert.deepEqual(idsOf(observer.takeRecords()), [1, 2]);
  assert.deepEqual(observer.takeRecords(), []);
  load(3);
  observer.disconnect();
  load(4);
  await tasks();
  assert.deepEqual(observer.takeRecords(), []);
});

test("buffer-full-increase-buffer-during-callback, and as an event", async () => {
  const { performance, load } = world();
  let fired = 0;
  performance.setResourceTimingBufferSize(1);
  performance.addEventListener("resourcetimingbufferfull", () => {
    fired++;
    performance.setResourceTimingBufferSize(2);
  });
  load(1, 2);
  assert.deepEqual(idsOf(performance.getEntries()), [1]);
  await tasks();
  assert.deepEqual(idsOf(performance.getEntries()), [1, 2]);
  assert.equal(fired, 1);
});

test("buffer-full-then-clear, case-sensitivity, get-invalid-entries", async () => {
  const { performance, load } = world();
  performance.setResourceTimingBufferSize(1);
  load(1, 2);
  performance.clearResourceTimings();
  await tasks();
  assert.deepEqual(idsOf(performance.getEntriesByType("resource")), [2]);
  assert.deepEqual(performance.getEntriesByType("Resource"), []);
  assert.deepEqual(idsOf(performance.getEntriesByName("https://2.example/", "resource")), [2]);
  assert.deepEqual(performance.getEntriesByName("https://2.example/", "mark"), []);
});

test("toJSON, supportedEntryTypes, timeOrigin", () => {
  const { PerformanceObserver, performance, load } = world();
  load(1);
  const [entry] = performance.getEntries();
  assert.equal(JSON.parse(JSON.stringify(entry)).name, "https://1.example/");
  assert.throws(() => { entry.name = "x"; }, TypeError);
  assert.deepEqual([...PerformanceObserver.supportedEntryTypes], ["resource"]);
  assert.equal(performance.timeOrigin, 1_700_000_000_000);
});
