// SPDX-License-Identifier: MIT

// http2_client.mjs HOST:PORT one-by-one|at-once PATH...: GETs the paths on one connection in clear,
// and prints a line for each: {"path", "status", "bytes", "stream"} and its own times in ns.
// A path's "?field=N" sends a field of N bytes. (curl 7.88 cannot reuse such a connection.)
import { connect } from "node:http2";

const [at, order, ...paths] = process.argv.slice(2);
const session = connect(`http://${at}`, { maxSendHeaderBlockLength: 1 << 20 });
const now = () => Number(process.hrtime.bigint());

function get(path) {
  const field = /\?field=(\d+)/.exec(path);
  const told = { path, status: 0, bytes: 0, start: now(), headers: 0, end: 0 };
  return new Promise((resolve) => {
    const stream = session.request({
      ":path": path,
      ...(field && { "x-field": "~".repeat(Number(field[1])) }),
    });
    stream.on("response", (headers) => Object.assign(told, { status: headers[":status"], headers: now() }));
    stream.on("data", (data) => { told.bytes += data.length; });
    stream.on("end", () => { told.end = now(); });
    stream.on("error", () => {}); // a server that resets it
    stream.on("close", () => {
      console.log(JSON.stringify({ ...told, stream: stream.id }));
      resolve();
    });
    stream.end();
  });
}

if (order === "at-once") {
  await Promise.all(paths.map(get));
} else {
  for (const path of paths) await get(path);
}
session.close();
