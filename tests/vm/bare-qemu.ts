import { spawn } from "node:child_process";
import { once } from "node:events";
import { qemuArguments } from "../../packages/host/src/vmm/qemu/command-line.ts";
import { machineFor } from "../../packages/host/src/vmm/qemu/machine.ts";
import type { GuestMemory } from "../../packages/host/src/vmm/qemu/memory.ts";
import { readQemuVersion } from "../../packages/host/src/vmm/qemu/version.ts";
import type { VmmSpec } from "../../packages/host/src/vmm/vmm.ts";

/** A QEMU that nobody supervises; disposed, it is gone. */
export interface BareQemu extends AsyncDisposable {
  readonly pid: number;
  /** From just before the start, in the clock of `performance.now()`. */
  readonly startedAt: number;
}

/**
 * The benchmark's baseline: the same machine, kernel, image and TAP as the product's, started by nothing but exec.
 * The TAP and the files of `spec` must exist.
 */
export async function startBareQemu(spec: VmmSpec, memory?: GuestMemory): Promise<BareQemu> {
  const machine = machineFor(process.arch);
  const args = qemuArguments(spec, machine, await readQemuVersion(machine), memory);
  const startedAt = performance.now();
  const child = spawn(machine.binary, args, { stdio: ["ignore", "ignore", "inherit"] });
  await once(child, "spawn");
  const ended = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    startedAt,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
