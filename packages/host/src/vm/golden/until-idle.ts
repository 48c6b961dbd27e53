import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf } from "../../process/identity.ts";

const LOOK_MS = 500;
/** Looks in a row that must find it quiet. */
const QUIET_LOOKS = 3;
/** Of one processor: an emulated guest that does nothing still takes timer ticks. */
const QUIET_SHARE = 0.35;

/**
 * Waits until a process uses next to no CPU. False: it never did before `signal` ended, or it is gone. A guest whose
 * browser has painted still unpacks, compiles and writes for a while; frozen then, every clone would do it again.
 */
export async function untilIdle(pid: number, signal: AbortSignal): Promise<boolean> {
  let last = cpuSecondsOf(pid);
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    const slept = await sleep(LOOK_MS, true, { signal }).catch(() => false);
    const now = cpuSecondsOf(pid);
    if (!slept || now === undefined || last === undefined) return false;
    quiet = (now - last) / (LOOK_MS / 1000) < QUIET_SHARE ? quiet + 1 : 0;
    last = now;
  }
  return true;
}
