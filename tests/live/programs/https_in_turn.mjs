// SPDX-License-Identifier: MIT

// https_in_turn.mjs CA ORIGIN PATH...: GETs the paths one after another on one connection. Node
// sends its first request in one packet with the end of its handshake.
import fs from "node:fs";
import https from "node:https";

const [caFile, origin, ...paths] = process.argv.slice(2);
const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ALPNProtocols: ["http/1.1"] });
const options = { agent, ca: fs.readFileSync(caFile) };

for (const path of paths) {
  await new Promise((resolve, reject) => {
    const request = https.get(origin + path, options, (response) => {
      response.on("end", resolve).resume();
    });
    request.on("error", reject);
  });
}
agent.destroy();
