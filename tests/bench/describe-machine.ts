import { accessSync, constants, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** The machine that numbers belong to. */
export interface MachineDescription {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly arch: string;
  readonly kernel: string;
  readonly distribution: string;
  readonly node: string;
  /** Whether /dev/kvm opens; whether it also boots a kernel is said by the benchmarks that boot. */
  readonly kvm: boolean;
}

export function describeMachine(): MachineDescription {
  const [, distribution = "unknown"] =
    /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: availableParallelism(),
    memoryMib: Math.round(totalmem() / 1024 / 1024),
    arch: arch(),
    kernel: release(),
    distribution,
    node: process.version,
    kvm: kvmOpens(),
  };
}

/** Processes that ran or wanted to, averaged over the last minute; above `cpus`, others took part of our time. */
export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

function kvmOpens(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // absent or closed, which is the answer
  }
}
