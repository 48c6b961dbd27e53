import type { Snapshot } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { stepsOf } from "../terminal-progress.ts";
import { buildSnapshot } from "./build-snapshot.ts";

export interface MakeOptions {
  readonly vcpus?: number;
  readonly memory?: number;
  /** In seconds. */
  readonly timeout: number;
}

/** Makes a golden snapshot of an image, with its steps on the terminal. */
export async function makeSnapshot(
  context: CliContext,
  image: string,
  { vcpus, memory, timeout }: MakeOptions,
): Promise<Snapshot> {
  using progress = context.progress();
  const snapshot = await buildSnapshot(stepsOf(`snapshot ${image}`, progress), context.client(), {
    request: {
      image,
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memory === undefined ? {} : { memoryMib: memory }),
    },
    timeoutMs: timeout * 1000,
  });
  progress.done();
  return snapshot;
}
