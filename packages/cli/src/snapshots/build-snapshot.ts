import { BrowserVmError, type Progress, type Snapshot } from "@browservm/contract";
import type { SnapshotOptions, Snapshots } from "@browservm/sdk";

const LOOK_AGAIN_MS = 500;

/** A client, as far as this needs it. */
export interface SnapshotMaker {
  readonly snapshots: Pick<Snapshots, "make" | "list">;
}

export interface BuildOptions {
  readonly request: SnapshotOptions;
  /** In milliseconds. */
  readonly timeoutMs: number;
}

/** Has a golden snapshot made and waits for it, each step shown. Fails as SNAPSHOT_FAILED, with its own reason. */
export async function buildSnapshot(
  progress: Progress,
  { snapshots }: SnapshotMaker,
  { request, timeoutMs }: BuildOptions,
): Promise<Snapshot> {
  const deadline = Date.now() + timeoutMs;
  const { signal } = progress;
  let seen: Snapshot | undefined = await snapshots.make(request, { signal });
  const { id } = seen;
  let shown = "";
  for (;;) {
    if (!seen) throw new BrowserVmError("SNAPSHOT_NOT_FOUND", `snapshot ${id} was removed meanwhile`, { id });
    if (seen.state === "ready") return seen;
    if (seen.state === "failed") throw failure(seen);
    if (seen.step && seen.step !== shown) progress.step(seen.step);
    shown = seen.step ?? shown;
    if (Date.now() > deadline)
      throw new BrowserVmError("DEADLINE_EXCEEDED", `snapshot ${id} is still being made`, { step: shown });
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    seen = (await snapshots.list({ signal })).find((one) => one.id === id);
  }
}

function failure({ id, reason }: Snapshot): BrowserVmError {
  const words = reason ? `${reason.message} (${reason.code})` : `snapshot ${id} could not be made`;
  return new BrowserVmError("SNAPSHOT_FAILED", words, { id, ...(reason ? { fix: reason.fix } : {}) });
}
