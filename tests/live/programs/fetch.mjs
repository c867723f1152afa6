// SPDX-License-Identifier: MIT
// fetch.mjs fetch|https CA URL COUNT: node's two HTTP clients, COUNT connections at once. One JSON
// line each. OpenSSL is inside node and works on memory: no socket call happens inside an SSL call.
import fs from 'node:fs';
import https from 'node:https';

const [kind, caFile, url, count] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()); // CLOCK_MONOTONIC

function viaHttps() {
  return new Promise((resolve, reject) => {
    const marks = { pid: process.pid };
    const request = https.get(url, { agent: false, ca: fs.readFileSync(caFile) }, (response) => {
      response.resume();
      response.on('end', () => resolve(marks));
    });
    request.on('error', reject);
    request.on('socket', (socket) => {
      socket.once('connect', () => {
        marks.connected = now();
        marks.localPort = socket.localPort;
      });
      socket.once('secureConnect', () => { marks.tlsEnd = now(); });
    });
    marks.connectStart = now();
  });
}

async function viaFetch() {
  const marks = { pid: process.pid, connectStart: now() };
  await (await fetch(url)).arrayBuffer(); // trusts NODE_EXTRA_CA_CERTS
  marks.done = now();
  return marks;
}

const run = kind === 'fetch' ? viaFetch : viaHttps;
const all = await Promise.all(Array.from({ length: Number(count) }, run));
for (const marks of all) console.log(JSON.stringify(marks));
