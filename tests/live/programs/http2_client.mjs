// SPDX-License-Identifier: MIT

// http2_client.mjs HOST:PORT one-by-one|at-once PATH...: GETs the paths on one connection in clear.
// (curl 7.88 cannot reuse such a connection.)
import { connect } from "node:http2";

const [at, order, ...paths] = process.argv.slice(2);
const session = connect(`http://${at}`);

function get(path) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": path });
    stream.on("error", reject);
    stream.on("close", resolve);
    stream.resume();
    stream.end();
  });
}

if (order === "at-once") {
  await Promise.all(paths.map(get));
} else {
  for (const path of paths) await get(path);
}
session.close();
