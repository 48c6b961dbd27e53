import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface NarrowWaySpec {
  /** Where viewers come to, on the port of `target`. */
  readonly address: string;
  readonly target: { readonly address: string; readonly port: number };
}

/** A bottleneck of UDP with a queue before it, towards the viewer: what this kernel has no netem for. */
export class NarrowWay implements Disposable {
  readonly #spec: NarrowWaySpec;
  readonly #front: Socket;
  readonly #backs = new Map<string, Socket>();
  #timers = new Set<NodeJS.Timeout>();
  #freeAt = 0;
  kbps = 50_000;
  /** What waits at most; more is dropped. */
  bufferBytes = 1_000_000;
  dropped = 0;
  passed = 0;

  private constructor(spec: NarrowWaySpec, front: Socket) {
    this.#spec = spec;
    this.#front = front;
    front.on("message", (packet, { address, port }) => this.#toTarget(packet, address, port));
  }

  static async open(spec: NarrowWaySpec): Promise<NarrowWay> {
    const front = createSocket("udp4");
    front.bind(spec.target.port, spec.address);
    await once(front, "listening");
    return new NarrowWay(spec, front);
  }

  /** How long a packet that comes now waits. */
  get queueMs(): number {
    return Math.max(0, this.#freeAt - performance.now());
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [this.#front, ...this.#backs.values()]) socket.close();
  }

  #toTarget(packet: Buffer, address: string, port: number): void {
    const { target } = this.#spec;
    const key = `${address} ${port}`;
    const back = this.#backs.get(key) ?? createSocket("udp4");
    if (!this.#backs.has(key)) {
      this.#backs.set(key, back);
      back.on("message", (answer: Buffer) => this.#toViewer(answer, address, port));
    }
    back.send(packet, target.port, target.address);
  }

  #toViewer(packet: Buffer, address: string, port: number): void {
    if ((this.queueMs * this.kbps) / 8 > this.bufferBytes) {
      this.dropped += 1;
      return;
    }
    this.passed += 1;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (packet.length * 8) / this.kbps;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#front.send(packet, port, address);
    }, this.queueMs);
    this.#timers.add(timer);
  }
}
