import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";

const POLL_MS = 200;

/**
 * The right to build images in one state directory: one builder at a time. It is SQLite's exclusive lock on an
 * otherwise empty file, i.e. a lock of the kernel that ends with its process, however that dies.
 */
export class BuildLock implements Disposable {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Waits until nobody else builds, or until `progress` is cancelled. */
  static async take(progress: Progress, path: string): Promise<BuildLock> {
    const db = new DatabaseSync(path);
    try {
      db.exec("PRAGMA busy_timeout = 0");
      for (let turn = 0; !tryLock(db); turn += 1) {
        if (turn === 0) progress.note("another build is going on; waiting for it");
        await sleep(POLL_MS, undefined, { signal: progress.signal });
      }
      return new BuildLock(db);
    } catch (error) {
      db.close();
      if (progress.signal.aborted) throw new BrowserVmError("CANCELLED", "the build was cancelled");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

function tryLock(db: DatabaseSync): boolean {
  try {
    db.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    // SQLITE_BUSY (sqlite.org/rescode.html)
    if (error instanceof Error && "errcode" in error && error.errcode === 5) return false;
    throw error;
  }
}
