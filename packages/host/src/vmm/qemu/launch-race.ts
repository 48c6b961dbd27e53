import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { tail } from "../../logs/tail.ts";
import type { ExitStatus } from "../../process/detached.ts";
import type { Supervision } from "../supervision.ts";
import type { VmmSpec } from "../vmm.ts";
import { startupError } from "./explain-startup.ts";

const LAST_BREATH_MS = 1000;

export interface LaunchRace {
  readonly progress: Progress;
  readonly spec: VmmSpec;
  readonly supervision: Supervision;
  readonly withinMs: number;
}

/**
 * Does `act`, unless QEMU ends before it is done (a typed error says what it printed) or the caller's patience or the
 * time that is granted does.
 */
export async function raceEnd<T>(race: LaunchRace, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { progress, spec, supervision, withinMs } = race;
  const deadline = AbortSignal.timeout(withinMs);
  const ended = gone(supervision);
  try {
    return await act(AbortSignal.any([progress.signal, deadline, ended]));
  } catch (cause) {
    const closed = !progress.signal.aborted && !deadline.aborted;
    const hasEnded = ended.aborted || (closed && (await endsNow(supervision)));
    const printed = await tail(spec.logs.vmm, 50);
    if (hasEnded)
      throw await startupError(printed, describeExit(await supervision.process.exited), spec.address.tap);
    progress.signal.throwIfAborted();
    if (!deadline.aborted) throw cause;
    throw new BrowserVmError(
      "DEADLINE_EXCEEDED",
      "QEMU does not answer on its monitor",
      { stderr: printed },
      { cause },
    );
  }
}

/** Aborts when the process has ended. */
export function gone({ process }: Supervision): AbortSignal {
  const ended = new AbortController();
  void process.exited.then(() => ended.abort());
  return ended.signal;
}

/** A VMM that ends closes its sockets first: whether its end follows. */
export async function endsNow({ process }: Supervision): Promise<boolean> {
  process.lookClosely();
  return Promise.race([process.exited.then(() => true), sleep(LAST_BREATH_MS, false)]);
}

const describeExit = ({ code, signal }: ExitStatus): string =>
  signal ? `by ${signal}` : `exit status ${code}`;
