// SPDX-License-Identifier: MIT
// crowd.mjs ADDRESS PORT COUNT IN_FLIGHT: TLS connections by node, many at once on one thread. Each
// has a server name of its own. node begins the handshake inside tls.connect(), tells its success
// before it sends its last flight, and calls setImmediate() after it has.
import net from 'node:net';
import tls from 'node:tls';

const [host, port, count, inFlight] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()); // CLOCK_MONOTONIC
const lines = [];
let next = 1;

function connection(number) {
  return new Promise((resolve, reject) => {
    const own = { pid: process.pid, number, connect: [now(), 0] };
    const plain = net.connect({ host, port: Number(port) });
    plain.on('error', reject);
    plain.once('connect', () => {
      own.localPort = plain.localPort;
      own.connect[1] = now();
      own.start = [now(), 0];
      const secure = tls.connect({
        socket: plain, servername: `n${number}.example`, rejectUnauthorized: false,
      });
      own.start[1] = now();
      secure.on('error', reject);
      secure.once('secureConnect', () => {
        own.end = [now(), 0];
        setImmediate(() => {
          own.end[1] = now();
          lines.push(own);
          plain.resetAndDestroy();
          resolve();
        });
      });
    });
  });
}

async function oneAfterAnother() {
  while (next <= Number(count)) await connection(next++);
}

await Promise.all(Array.from({ length: Number(inFlight) }, oneAfterAnother));
for (const own of lines) console.log(JSON.stringify(own));
