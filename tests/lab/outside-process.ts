// The internet: a page at port 80, a resolver that knows every name, and a proxy. Lines on stdin switch the last two off
// and on: "resolver off", "proxy on".
// node outside-process.ts ADDRESS   → "ready" on stdout
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { MockProxy } from "../../packages/host/src/testing/mock-proxy.ts";

const [address = "192.0.2.1"] = process.argv.slice(2);
const HEADER_BYTES = 12; // RFC 1035 §4.1.1
const ANSWER = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);

function answerTo(query: Buffer): Buffer {
  // One question, repeated, and one answer that points to its name (RFC 1035 §4.1.4).
  const question = query.subarray(HEADER_BYTES, query.indexOf(0, HEADER_BYTES) + 5);
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  return Buffer.concat([header, question, ANSWER]);
}

let proxy: MockProxy | undefined;
async function startProxy(): Promise<void> {
  proxy = await MockProxy.start({
    kind: "http",
    host: address,
    port: 3128,
    lead: (_, port) => ({ host: address, port }),
  });
}

let resolver: Socket | undefined;
function listen(): void {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address: client }) => socket.send(answerTo(query), port, client));
  socket.bind(53);
  resolver = socket;
}

listen();
await startProxy();
for (const port of [80, 53]) createServer((socket) => socket.on("error", () => {}).end()).listen(port);
const ORDERS: Readonly<Record<string, () => unknown>> = {
  "resolver off": () => resolver?.close(),
  "resolver on": listen,
  "proxy off": () => proxy?.[Symbol.asyncDispose](),
  "proxy on": startProxy,
};
createInterface({ input: process.stdin }).on("line", async (line) => {
  await ORDERS[line]?.();
  process.stdout.write("done\n");
});
process.stdout.write("ready\n");
