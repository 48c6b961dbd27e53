import { setTimeout as sleep } from "node:timers/promises";
import type { VmId } from "@browservm/contract";
import { Mutex } from "async-mutex";
import type { Logger } from "pino";
import { squeezeFrozen } from "../frozen/squeeze-file.ts";
import type { VmFile } from "../vm-file.ts";

/** Somebody who comes back at once shall find it as it was. */
const PATIENCE_MS = 3000;

export interface SqueezerParts {
  /** False: paused VMs are left as large as they are. */
  readonly isOn: boolean;
  readonly log: Logger;
  readonly waitMs?: number;
}

interface Work {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Compresses paused VMs in the background, one at a time. */
export class Squeezer {
  readonly #parts: SqueezerParts;
  readonly #oneByOne = new Mutex();
  readonly #works = new Map<VmId, Work>();

  constructor(parts: SqueezerParts) {
    this.#parts = parts;
  }

  /** In its turn; what it takes then is written into its file. Twice is nothing. */
  take(file: VmFile, directory: string): void {
    const { id, paused } = file.record;
    if (!this.#parts.isOn || !paused || paused.compressed || this.#works.has(id)) return;
    const stop = new AbortController();
    const ended = this.#squeeze(file, directory, stop.signal)
      .catch((error) => {
        if (!stop.signal.aborted)
          this.#parts.log.warn({ vmId: id, err: error }, "a paused VM could not be compressed");
      })
      .finally(() => this.#works.delete(id));
    this.#works.set(id, { stop, ended });
  }

  /** Its files are left alone from here on; settles when nobody has them open. */
  async leave(id: VmId): Promise<void> {
    const work = this.#works.get(id);
    work?.stop.abort();
    await work?.ended;
  }

  async #squeeze(file: VmFile, directory: string, signal: AbortSignal): Promise<void> {
    await sleep(this.#parts.waitMs ?? PATIENCE_MS, undefined, { signal, ref: false });
    await this.#oneByOne.runExclusive(async () => {
      signal.throwIfAborted();
      const sizeMib = await squeezeFrozen(directory, signal);
      const { paused } = file.record;
      if (paused) file.frozen({ ...paused, sizeMib, compressed: true });
    });
  }
}
