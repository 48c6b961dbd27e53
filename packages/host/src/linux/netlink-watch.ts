import { Worker } from "node:worker_threads";

/** What the kernel said of a neighbour: enough to tell whether it is a guest at a wrong MAC. */
export interface NeighbourNotice {
  readonly ip: string;
  readonly mac: string;
}

/** A program that changed nftables, as the kernel names it, and who started it, if it still ran when it was looked at. */
export interface Actor {
  readonly pid: number;
  readonly name: string;
  readonly parent?: { readonly pid: number; readonly name: string };
}

/** What changed in the namespace, gathered over some milliseconds. */
export interface NetworkNotice {
  /** Links, addresses, routes, policy rules, per-link settings, nftables; `everything` when the kernel had to drop messages. */
  readonly what: readonly NoticeKind[];
  readonly neighbours: readonly NeighbourNotice[];
  /** Programs that changed nftables. */
  readonly actors: readonly Actor[];
  /** Milliseconds since the epoch at the first of them. */
  readonly at: number;
}

export type NoticeKind =
  | "link"
  | "neighbour"
  | "address"
  | "route"
  | "rule"
  | "setting"
  | "nftables"
  | "everything";

/**
 * Listens to rtnetlink and nftables of the namespace of this process in a thread of its own, for Node cannot wait for
 * netlink sockets. Once it is ready it does not keep the process alive.
 */
export class NetlinkWatch implements AsyncDisposable {
  readonly #worker: Worker;
  /** Set to 1, the thread ends by itself. */
  readonly #end = new Int32Array(new SharedArrayBuffer(4));
  readonly #ended: Promise<void>;

  /** `onEnd` is told when the thread ends unasked: from then on only sweeping sees changes. */
  constructor(onNotice: (notice: NetworkNotice) => void, onEnd: (error: Error) => void) {
    this.#worker = new Worker(new URL("./netlink-watch-worker.ts", import.meta.url), {
      workerData: this.#end,
    });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("message", onNotice);
    this.#worker.on("error", onEnd);
  }

  /** Settles when the kernel's messages are heard. */
  async ready(): Promise<void> {
    // Its first message is an empty notice.
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#worker.once("message", () => resolve());
    this.#worker.once("error", reject);
    await promise;
    this.#worker.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.removeAllListeners("message");
    // Not by `terminate`: V8 looks for it only where JavaScript calls JavaScript, and its optimiser leaves no such place
    // in a loop that calls the kernel. Seen to take more than two minutes.
    this.#worker.ref();
    Atomics.store(this.#end, 0, 1);
    Atomics.notify(this.#end, 0);
    await this.#ended;
  }
}
