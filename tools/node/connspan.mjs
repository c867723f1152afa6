// SPDX-License-Identifier: MIT
// `performance` and `PerformanceObserver` as in a page, of all processes of this host: from the socket of
// a running `connspan record --listen` ($CONNSPAN_SOCKET, else /run/connspan.sock). No native code.
// When the module is loaded, what the tracer still has is in the buffer. A program that observes runs
// until the tracer ends; one that only asks for entries ends by itself.
import net from "node:net";

import { PerformanceResourceTiming, Timeline, globalsOf } from "./timeline.mjs";

export { PerformanceResourceTiming };

// Calls onLine with each line of the socket as JSON.
function readLines(socket, onLine) {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(JSON.parse(line));
  });
}

// A timeline on the socket at `path`: { performance, PerformanceObserver, closed }. `closed` is fulfilled
// when the tracer ends, and rejected when it vanishes.
export async function connect(path = process.env.CONNSPAN_SOCKET ?? "/run/connspan.sock") {
  const timeline = new Timeline();
  const socket = net.createConnection(path);
  const origin = {};
  let ended = false;
  let live = false;
  let closed;
  await new Promise((resolve, reject) => {
    const take = {
      "connspan.header": (line) => Object.assign(origin, line.timeOrigin),
      "resource": (line) => {
        const entry = new PerformanceResourceTiming(line);
        if (live) timeline.queue(entry);
        else timeline.keep(entry);
      },
      "connspan.live": (line) => {
        live = true;
        timeline.dropped = line.dropped;
        resolve();
      },
      "connspan.end": () => (ended = true),
      "connspan.error": (line) => socket.destroy(new Error(line.error)),
    };
    socket.on("error", reject);
    closed = new Promise((fulfil, fail) => {
      socket.on("close", () => {
        if (!live) reject(new Error(`${path}: no tracer of this version`));
        else if (ended) fulfil();
        else fail(new Error(`${path}: the tracer has vanished`));
      });
    });
    readLines(socket, (line) => take[line.entryType]?.(line));
    socket.write("connspan 1 buffered\n");
  });
  timeline.onWatched = (watched) => (watched ? socket.ref() : socket.unref());
  socket.unref();
  return { ...globalsOf(timeline, origin), closed };
}

export const { performance, PerformanceObserver, closed } = await connect();
