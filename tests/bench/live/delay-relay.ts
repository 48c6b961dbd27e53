// Keeps what it hears for a while and passes it on, in a thread of its own so that it does not wait for whom it delays.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { RelayWork } from "./delay.ts";

const { host, ports, from, shift, delayMs }: RelayWork = workerData;
const LISTENS = "127.0.0.1";

/** Timers of one length end in the order in which they began, so nothing overtakes. */
const later = (work: () => void) => void setTimeout(work, delayMs);

function pass(source: Socket, target: Socket): void {
  source.setNoDelay();
  source.on("data", (bytes) =>
    later(() => {
      if (!target.destroyed && !target.write(bytes)) source.pause();
    }),
  );
  target.on("drain", () => source.resume());
  source.on("end", () => later(() => target.end()));
  source.on("error", () => later(() => target.destroy()));
  source.on("close", () => later(() => target.destroy()));
}

async function relayStreams(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host, port, localAddress: from, allowHalfOpen: true });
    pass(near, far);
    pass(far, near);
  });
  server.listen(port + shift, LISTENS);
  await once(server, "listening");
}

/** Each sender has a socket of its own towards the target, which answers to that. */
async function relayDatagrams(port: number): Promise<void> {
  const near = createSocket("udp4");
  const sockets = new Map<string, ReturnType<typeof createSocket>>();
  const socketOf = (sender: { address: string; port: number }) => {
    const name = `${sender.address}:${sender.port}`;
    const known = sockets.get(name);
    if (known) return known;
    const far = createSocket("udp4").bind({ address: from });
    far.on("message", (bytes) => later(() => near.send(bytes, sender.port, sender.address)));
    sockets.set(name, far);
    return far;
  };
  near.on("message", (bytes, sender) => later(() => socketOf(sender).send(bytes, port, host)));
  near.bind(port + shift, LISTENS);
  await once(near, "listening");
}

await Promise.all(ports.flatMap((port) => [relayStreams(port), relayDatagrams(port)]));
parentPort?.postMessage("listens");
