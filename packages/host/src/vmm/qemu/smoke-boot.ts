import { isBrowserVmError, type Progress, sanitizeLine } from "@browservm/contract";
import { run } from "../../process/run.ts";
import type { SmokeBoot, SmokeBootResult } from "../accelerator.ts";
import { type Machine, machineFor } from "./machine.ts";

const DEADLINE_MS = 6000;
/**
 * A kernel without a root file system panics when it looks for it (linux/init/do_mounts.c). By then processors,
 * clocks, memory and devices work: nothing else is needed as a proof.
 */
const LOOKED_FOR_ROOT = /Unable to mount root fs|No working init found/;

/** Boots kernels under KVM with QEMU. */
export const qemuSmokeBoot =
  (arch: string = process.arch, deadlineMs: number = DEADLINE_MS): SmokeBoot =>
  async (progress, kernel) =>
    smokeBoot(progress, { kernel, machine: machineFor(arch), deadlineMs });

interface SmokeBootOptions {
  readonly kernel: string;
  readonly machine: Machine;
  readonly deadlineMs: number;
}

async function smokeBoot(
  progress: Progress,
  { kernel, machine, deadlineMs }: SmokeBootOptions,
): Promise<SmokeBootResult> {
  const startedAt = performance.now();
  const lines: string[] = [];
  let booted = false;
  const onLine = (line: string) => {
    lines.push(line);
    booted ||= LOOKED_FOR_ROOT.test(line);
  };
  try {
    await run(machine.binary, smokeArguments(machine, kernel), {
      timeoutMs: deadlineMs,
      signal: progress.signal,
      onLine,
    });
  } catch (error) {
    progress.signal.throwIfAborted();
    if (!isBrowserVmError(error)) throw error;
    if (!booted && isBrowserVmError(error, "DEADLINE_EXCEEDED")) {
      return { booted, seen: `did not boot a kernel within ${deadlineMs / 1000} s` };
    }
  }
  if (booted) return { booted, seen: `${((performance.now() - startedAt) / 1000).toFixed(1)} s` };
  return { booted, seen: `did not boot a kernel (${lastWords(lines)})` };
}

/** QEMU's own first complaint says more than the assertion that follows it, or than the last line of a kernel. */
function lastWords(lines: readonly string[]): string {
  const complaint = lines.find((line) => line.startsWith("qemu-system-"));
  return sanitizeLine(complaint?.replace(/^\S+: (error: )?/, "") ?? lines.at(-1) ?? "it said nothing", 200);
}

const smokeArguments = (machine: Machine, kernel: string): string[] =>
  [
    ["-machine", machine.type, "-accel", "kvm", "-cpu", "host", "-m", "256M"],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"],
    // Both architectures' consoles: the one that is not there is ignored.
    ["-kernel", kernel, "-append", "console=ttyAMA0 console=ttyS0 panic=-1"],
  ].flat();
