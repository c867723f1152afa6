// SPDX-License-Identifier: MIT

// An HTTP/2 server in clear that answers by its path, and waits on purpose. Prints {"port": N}.
import { createServer } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";

const WAIT_MS = 250;
const TEN = "0123456789";
const OK = { ":status": 200, "content-type": "Text/Plain; charset=utf-8" };

const answers = {
  "/": (stream) => respond(stream),
  "/head": (stream) => wait(WAIT_MS).then(() => respond(stream)),
  "/body": (stream) => {
    stream.respond(OK);
    stream.write(TEN.slice(5));
    return wait(WAIT_MS).then(() => stream.end(TEN.slice(5)));
  },
  "/early": (stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</style.css>; rel=preload" });
    return wait(WAIT_MS).then(() => respond(stream));
  },
  "/large": (stream) => respond(stream, TEN.repeat(10000)),
  "/huge": (stream) => respond(stream, TEN.repeat(300000)),
  "/trailers": (stream) => {
    stream.respond(OK, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "1" }));
    stream.end(TEN.repeat(2000));
  },
  "/reset": (stream) => {
    stream.respond(OK);
    stream.write(TEN.repeat(2000), () => stream.destroy(new Error("as asked")));
  },
  "/goaway": (stream) => {
    respond(stream, TEN.repeat(2000));
    stream.session.close(); // says GOAWAY
  },
  "/204": (stream) => stream.respond({ ":status": 204 }, { endStream: true }),
};

function respond(stream, body = TEN) {
  stream.respond(OK);
  stream.end(body);
}

const server = createServer();
server.on("stream", (stream, headers) => {
  const answer = answers[headers[":path"].split("?")[0]];
  stream.on("error", () => {}); // a client may leave early
  if (answer) answer(stream);
  else stream.respond({ ":status": 404 }, { endStream: true });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
