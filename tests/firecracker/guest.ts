import { Worker } from "node:worker_threads";
import type { GuestMemory } from "../../packages/host/src/vmm/fake/guest-memory.ts";
import type { FakeOrders } from "../../packages/host/src/vmm/fake/plan.ts";
import { GATE } from "./gate.ts";
import type { FromGuest } from "./guest-worker.ts";

export interface GuestEnds {
  /** A line for the console. */
  readonly say: (line: string) => void;
  /** The guest ended its machine. */
  readonly onEnd: (status: number) => void;
}

/** A fake guest that can be stopped at any moment: nothing in it happens, and what it is told waits in the kernel. */
export class StandInGuest {
  readonly #worker: Worker;
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));
  #stopped: Promise<GuestMemory> | undefined;
  #remembered: ((memory: GuestMemory) => void) | undefined;

  /** It boots, or goes on from the orders' memory. */
  constructor(orders: FakeOrders, { say, onEnd }: GuestEnds) {
    this.#worker = new Worker(new URL("./guest-worker.ts", import.meta.url), {
      workerData: { orders, gate: this.#gate },
    });
    this.#worker.on("message", (news: FromGuest) => {
      if ("line" in news) say(news.line);
      else this.#remembered?.(news.memory);
    });
    this.#worker.on("error", (error) => {
      process.stderr.write(`the stand-in's guest: ${error.stack}\n`);
      process.exit(1);
    });
    this.#worker.on("exit", onEnd);
  }

  /** Settles with all that it knows when it stands still. */
  stop(): Promise<GuestMemory> {
    this.#stopped ??= new Promise((resolve) => {
      this.#remembered = resolve;
      Atomics.store(this.#gate, 0, GATE.closed);
      this.#worker.postMessage("stop");
    });
    return this.#stopped;
  }

  goOn(): void {
    this.#stopped = undefined;
    Atomics.store(this.#gate, 0, GATE.open);
    Atomics.notify(this.#gate, 0);
  }
}
