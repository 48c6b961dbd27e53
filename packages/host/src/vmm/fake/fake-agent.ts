import type { Socket } from "node:net";
import { GuestChannel } from "@browservm/contract";
import { readChanges } from "./changes.ts";
import { FakeGuest } from "./fake-guest.ts";
import type { GuestNetwork } from "./guest-network.ts";
import type { FakeOrders } from "./plan.ts";

const FLOOD_CHUNK = Buffer.from(
  '{"jsonrpc":"2.0","method":"browser.exited","params":{"code":0,"signal":null}}\n'.repeat(500),
);
const OVERLONG_CHUNK = Buffer.alloc(256 * 1024, "x");

/** The other end of the control channel. Like a virtio port it serves one connection after another. */
export class FakeAgent {
  readonly #orders: FakeOrders;
  readonly #guest: FakeGuest;

  constructor(orders: FakeOrders, network: GuestNetwork, say: (line: string) => void) {
    this.#orders = orders;
    this.#guest = new FakeGuest(orders, network, say);
  }

  nonceAnswer(): object | undefined {
    return this.#guest.nonceAnswer();
  }

  serve(socket: Socket): void {
    const { agent } = this.#orders.plan;
    if (agent === "honest") this.#serveHonestly(socket);
    else if (agent === "garbage")
      socket.on("data", () => socket.write('{"jsonrpc": 7, nothing\n\u0000\u0001\n[[[[\n'));
    else if (agent === "flood") pourInto(socket, FLOOD_CHUNK);
    else if (agent === "overlong") pourInto(socket, OVERLONG_CHUNK);
    // Silent: what the host says is read and forgotten.
    if (agent !== "honest") socket.resume();
  }

  #serveHonestly(socket: Socket): void {
    const channel = new GuestChannel({
      write: (bytes) => write(socket, bytes),
      handlers: this.#guest.handlers((name, data) => void channel.note(name, data)),
      onOddity: (what) => process.stderr.write(`fake-agent: the host sent ${what}\n`),
    });
    socket.on("data", (bytes) => {
      if (readChanges(this.#orders.changes).agent !== "silent") channel.receive(bytes);
    });
  }
}

/** Writes as fast as the reader reads. */
function pourInto(socket: Socket, chunk: Uint8Array): void {
  const pour = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", pour);
  pour();
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}
