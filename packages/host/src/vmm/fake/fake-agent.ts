import type { Socket } from "node:net";
import { GuestChannel } from "@browservm/contract";
import { type FakeChanges, readChanges } from "./changes.ts";
import { FakeGuest } from "./fake-guest.ts";
import type { GuestNetwork } from "./guest-network.ts";
import type { FakeOrders } from "./plan.ts";

const FLOOD_CHUNK = Buffer.from(
  '{"jsonrpc":"2.0","method":"browser.exited","params":{"code":0,"signal":null}}\n'.repeat(500),
);
const OVERLONG_CHUNK = Buffer.alloc(256 * 1024, "x");
/** What a real agent needs to execute itself anew is about a second; a fake's test need not wait for it. */
const ANEW_MS = 5;

/** The other end of the control channel. Like a virtio port it serves one connection after another. */
export class FakeAgent {
  readonly guest: FakeGuest;
  readonly #orders: FakeOrders;
  #channel: GuestChannel | undefined;
  #socket: Socket | undefined;
  /** It executed itself anew, and nothing came of it. */
  #isGone = false;

  constructor(orders: FakeOrders, network: GuestNetwork, say: (line: string) => void) {
    this.#orders = orders;
    this.guest = new FakeGuest({ orders, network, say, onTaken: () => this.#startAnew() });
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
    this.#socket = socket;
    this.#channel = this.#channelOver(socket);
    socket.on("data", (bytes) => {
      const isSilent = this.#isGone || this.#changes.agent === "silent";
      if (socket === this.#socket && !isSilent) this.#channel?.receive(bytes);
    });
  }

  /** The new agent knows of no epoch, and of no hello. */
  #startAnew(): void {
    const { identity = this.#orders.plan.identity } = this.#changes;
    this.#isGone = identity === "mute";
    const socket = this.#socket;
    if (!socket) return;
    const channel = this.#channelOver(socket);
    this.#channel = channel;
    if (!this.#isGone) setTimeout(() => void channel.sayLost(), ANEW_MS);
  }

  #channelOver(socket: Socket): GuestChannel {
    const channel: GuestChannel = new GuestChannel({
      write: (bytes) => write(socket, bytes),
      handlers: this.guest.handlers((name, data) => void channel.note(name, data)),
      onOddity: (what) => process.stderr.write(`fake-agent: the host sent ${what}\n`),
    });
    return channel;
  }

  get #changes(): FakeChanges {
    return readChanges(this.#orders.changes);
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
