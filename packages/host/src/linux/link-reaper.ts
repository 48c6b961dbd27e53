import { Worker } from "node:worker_threads";
import { changeLink } from "./links.ts";
import { isRefusedWith, type NetlinkSocket } from "./netlink-socket.ts";

/** Links in this group are being deleted. "bv" + 1; the live TAPs are in `TAP_GROUP`. */
const DOOMED_GROUP = 0x6277;

/** What the worker is asked, and what it answers. */
export interface ReapRequest {
  readonly id: number;
  readonly group: number;
}
export interface ReapAnswer {
  readonly id: number;
  /** The failure's text, absent when all links of the group are gone. */
  readonly failure?: string;
}

/**
 * Deletes links without blocking the event loop: the kernel waits 15-24 ms (RCU) for each deletion but almost the
 * same for a whole link group, so links are moved into a group and a worker thread deletes the group. Calls that
 * come while it works are collected by themselves.
 */
export class LinkReaper implements AsyncDisposable {
  readonly #netlink: NetlinkSocket;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(netlink: NetlinkSocket) {
    this.#netlink = netlink;
  }

  /** Settles when the kernel has removed all of them. Those that are gone already are fine. */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) this.#doom(name);
    await this.#deleteGroup();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #doom(name: string): void {
    try {
      // Not set down here: that alone waits for the kernel (RCU), and the deletion does it for all at once.
      changeLink(this.#netlink, name, { group: DOOMED_GROUP });
    } catch (error) {
      if (!isRefusedWith(error, "ENODEV")) throw error;
    }
  }

  #deleteGroup(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const id = ++this.#lastId;
    this.#waiting.set(id, { resolve, reject });
    const worker = this.#start();
    worker.ref(); // somebody waits for it; otherwise it must not keep the process alive
    worker.postMessage({ id, group: DOOMED_GROUP } satisfies ReapRequest);
    return promise;
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./link-reaper-worker.ts", import.meta.url));
    worker.on("message", (answer: ReapAnswer) => this.#settle(answer));
    worker.on("error", (error) => this.#failAll(error));
    worker.on("exit", () => this.#failAll(new Error("the link reaper's worker ended")));
    this.#worker = worker;
    return worker;
  }

  #settle({ id, failure }: ReapAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(new Error(failure));
  }

  #failAll(error: Error): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
