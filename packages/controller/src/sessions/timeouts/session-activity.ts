import type { SessionId } from "@browservm/contract";
import type { Store } from "../../store/store.ts";
import { sessionStore } from "../session-store.ts";

/** No more than one row is written for a session in so long, in milliseconds. */
const WRITE_MS = 3000;

interface Doing {
  at: number;
  writtenAt: number;
}

/** When something was last done in each session: kept here at once, and in the database soon. */
export class SessionActivity {
  readonly #store: Store;
  readonly #doing = new Map<SessionId, Doing>();
  readonly #holds = new Map<SessionId, number>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Something is done now. Cheap: it may be called for each key that is pressed. */
  touch(id: SessionId): void {
    const doing = this.#doing.get(id);
    if (doing) doing.at = Date.now();
    else this.#doing.set(id, { at: Date.now(), writtenAt: 0 });
  }

  /** Something goes on until the answer is disposed of, e.g. a command that runs. */
  hold(id: SessionId): Disposable {
    this.touch(id);
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.touch(id);
        const left = (this.#holds.get(id) ?? 1) - 1;
        if (left > 0) this.#holds.set(id, left);
        else this.#holds.delete(id);
      },
    };
  }

  /** The later of what is known here and what the database knows. */
  latest(id: SessionId, stored: string | null): string | null {
    const at = this.#holds.has(id) ? Date.now() : this.#doing.get(id)?.at;
    if (at === undefined) return stored;
    const here = new Date(at).toISOString();
    return stored === null || here > stored ? here : stored;
  }

  /** Writes what is new; `all` also what was written a moment ago. */
  async flush({ all = false } = {}): Promise<void> {
    for (const id of this.#holds.keys()) this.touch(id);
    const now = Date.now();
    for (const [id, doing] of this.#doing) {
      if (!all && now - doing.writtenAt < WRITE_MS) continue;
      if (doing.at <= doing.writtenAt) {
        this.#doing.delete(id);
        continue;
      }
      await sessionStore.setActive(this.#store, id, new Date(doing.at).toISOString());
      doing.writtenAt = Math.max(now, doing.at);
    }
  }
}
