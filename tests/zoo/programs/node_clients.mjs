// SPDX-License-Identifier: MIT
// node_clients.mjs https|fetch URL COUNT: GETs the URL on COUNT new connections; NODE_EXTRA_CA_CERTS
// says whom to trust. One JSON line each with the CLOCK_MONOTONIC times of the socket's own events.
import https from 'node:https';
import net from 'node:net';

const [kind, url, count] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()); // CLOCK_MONOTONIC
const connect = net.Socket.prototype.connect;
const lines = [];

// fetch hands out no socket, so every socket is met where both kinds begin.
net.Socket.prototype.connect = function connectAndListen(...args) {
  const marks = {};
  lines.push(marks);
  this.once('lookup', () => { marks.connectStart = now(); });
  this.once('connect', () => {
    marks.connected = now();
    marks.localPort = this.localPort;
  });
  this.once('secureConnect', () => { marks.tlsEnd = now(); });
  return connect.apply(this, args);
};

function viaHttps() {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { agent: false }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    request.on('error', reject);
  });
}

async function viaFetch() {
  await (await fetch(url, { headers: { connection: 'close' } })).text();
}

for (let i = 0; i < Number(count); i++) await (kind === 'fetch' ? viaFetch : viaHttps)();
for (const marks of lines) console.log(JSON.stringify(marks));
