import type { SessionId, Viewer } from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../events/event-log.ts";

export interface TellerSpec {
  readonly events: EventLog;
  readonly log: Logger;
  readonly viewers: (id: SessionId) => Viewer[];
  /** What happens within so many milliseconds is told as one. */
  readonly tellMs: number;
}

const TYPE = "session.viewers";
const NOBODY = "[]";

/** Tells who looks at a session as events: soon after a change, and only what differs from what was told last. */
export class ViewersTeller implements AsyncDisposable {
  readonly #spec: TellerSpec;
  readonly #told = new Map<SessionId, string>();
  readonly #due = new Map<SessionId, NodeJS.Timeout>();
  readonly #writing = new Set<Promise<void>>();
  #isOver = false;

  constructor(spec: TellerSpec) {
    this.#spec = spec;
  }

  changed(id: SessionId): void {
    if (this.#isOver || this.#due.has(id)) return;
    this.#due.set(
      id,
      setTimeout(() => this.#tell(id), this.#spec.tellMs),
    );
  }

  /** What is being written is finished; the rest is not told any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#due.values()) clearTimeout(timer);
    await Promise.all(this.#writing);
  }

  #tell(id: SessionId): void {
    this.#due.delete(id);
    const viewers = this.#spec.viewers(id);
    const words = JSON.stringify(viewers);
    if (words === (this.#told.get(id) ?? NOBODY)) return;
    if (words === NOBODY) this.#told.delete(id);
    else this.#told.set(id, words);
    const written = this.#write(id, viewers).catch((error: unknown) => {
      this.#told.delete(id);
      this.#spec.log.error({ err: error, sessionId: id }, "viewers could not be told");
    });
    this.#writing.add(written);
    void written.then(() => this.#writing.delete(written));
  }

  /** Each says all, so only the last is kept: who comes and goes fills no disk. */
  async #write(id: SessionId, viewers: Viewer[]): Promise<void> {
    await this.#spec.events.record(async (trx, append) => {
      await trx.deleteFrom("event").where("subject", "=", id).where("type", "=", TYPE).execute();
      await append({ subject: id, type: TYPE, data: { viewers } });
    });
  }
}
