// One end of the measured path, in the namespace that it was started in. What a client's first byte asks, is served.
// node path-peer.ts serve PORT                     prints "ready", serves until killed
// node path-peer.ts measure IP PORT                for each line "send MS", "receive MS" or "echo COUNT" on stdin: one number
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const CHUNK = Buffer.alloc(256 * 1024, 0x5a);
const ECHO_BYTES = 64;
const ASK = { send: "S", receive: "R", echo: "E" } as const;
/** Until the window has grown; not counted. */
const RAMP_UP_MS = 200;

function serve(port: number): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {}); // the client ends a stream by destroying it
    socket.once("data", (first: Buffer) => {
      const asked = String.fromCharCode(first[0] ?? 0);
      if (asked === ASK.receive) pour(socket);
      else if (asked === ASK.echo) socket.on("data", (bytes: Buffer) => socket.write(bytes));
      else socket.resume();
      // The first question may have come together with the wish.
      if (first.length > 1) socket.unshift(first.subarray(1));
    });
  });
  server.listen(port, () => process.stdout.write("ready\n"));
}

/** Keeps writing until the socket is destroyed. */
function pour(socket: Socket): void {
  const fill = () => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on("drain", fill);
  fill();
}

async function open(ip: string, port: number, asked: string): Promise<Socket> {
  const socket = connect({ host: ip, port, noDelay: true });
  await once(socket, "connect", { signal: AbortSignal.timeout(10_000) });
  socket.on("error", () => {}); // destroyed below, in the middle of a stream
  socket.write(asked);
  return socket;
}

/** Mbit/s after the ramp-up. `count` answers the bytes that have passed so far. */
async function rate(count: () => number, ms: number): Promise<number> {
  await sleep(RAMP_UP_MS);
  const [from, started] = [count(), performance.now()];
  await sleep(ms);
  return ((count() - from) * 8) / 1000 / (performance.now() - started);
}

async function send(socket: Socket, ms: number): Promise<number> {
  pour(socket);
  // What still waits here has not passed.
  return rate(() => socket.bytesWritten - socket.writableLength, ms);
}

async function receive(socket: Socket, ms: number): Promise<number> {
  socket.resume();
  socket.on("data", () => {});
  return rate(() => socket.bytesRead, ms);
}

/** Median milliseconds of a 64-byte question and its answer. */
async function echo(socket: Socket, count: number): Promise<number> {
  const question = Buffer.alloc(ECHO_BYTES, 1);
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    socket.write(question);
    for (let missing = ECHO_BYTES; missing > 0; ) missing -= (await once(socket, "data"))[0].length;
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(count / 2)] ?? Number.NaN;
}

async function measure(ip: string, port: number): Promise<void> {
  const deeds = { send, receive, echo };
  for await (const line of createInterface({ input: process.stdin })) {
    const [what = "", amount = ""] = line.split(" ");
    const kind = what as keyof typeof deeds;
    const socket = await open(ip, port, ASK[kind]);
    process.stdout.write(`${await deeds[kind](socket, Number(amount))}\n`);
    socket.destroy();
  }
}

const [mode, first = "", second = ""] = process.argv.slice(2);
if (mode === "serve") serve(Number(first));
else await measure(first, Number(second));
