import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PipeBounds } from "../../logs/pipe-log.ts";
import type { SupervisedSpec } from "../supervision.ts";
import type { VmmSpec } from "../vmm.ts";
import { JAILED } from "./cold-start.ts";
import { type Jail, jailIdOf } from "./jail.ts";
import type { FirecrackerPrograms } from "./programs.ts";

const MIB = 1024 * 1024;
/** What Firecracker needs beside the guest's memory: code, queues, page tables. */
const OVERHEAD_MIB = 128;
/** Firecracker itself loads no state file beyond 10 MB (snapshot/mod.rs). */
const STATE_MIB = 64;
/** Metrics are one line of about 6 KiB a minute. */
const METRICS_BYTES = 256 * 1024;

/** How a jailed Firecracker is started, and within which bounds. */
export function jailerCommand(
  spec: VmmSpec,
  { firecracker, jailer }: FirecrackerPrograms,
  jail: Jail,
): SupervisedSpec {
  const disks = spec.disks.filter(({ readOnly }) => !readOnly).map(({ path }) => statSync(path).size);
  const metrics = join(dirname(spec.logs.console), "metrics.log");
  const pipes: PipeBounds[] = [
    { pipe: jail.pipes.console, log: spec.logs.console, limitBytes: spec.logLimitBytes },
    { pipe: jail.pipes.log, log: spec.logs.vmm, limitBytes: spec.logLimitBytes },
    { pipe: jail.pipes.metrics, log: metrics, limitBytes: METRICS_BYTES },
  ];
  return {
    file: jailer,
    args: [...jailerArguments(spec, firecracker, jail), "--", ...firecrackerArguments()],
    // A write beyond the limit would end Firecracker (signal_handler.rs, SIGXFSZ): it also writes whole snapshots.
    largestFileBytes: Math.max((spec.memoryMib + STATE_MIB) * MIB, ...disks),
    memoryMaxBytes: (spec.memoryMib + OVERHEAD_MIB) * MIB,
    pipes,
    jail: jail.base,
  };
}

/** Cgroup, limits and network namespace are those that the jailer is started in (supervision.ts). */
const jailerArguments = ({ vmId, uid }: VmmSpec, firecracker: string, { base }: Jail): string[] => [
  ...["--id", jailIdOf(vmId), "--exec-file", firecracker, "--chroot-base-dir", base],
  ...["--uid", String(uid), "--gid", String(uid)],
];

/** Without `--no-seccomp`: the default filters stay. PCI, because our images are only built with its drivers. */
const firecrackerArguments = (): string[] => [
  ...["--api-sock", JAILED.api, "--enable-pci"],
  ...["--log-path", JAILED.log, "--level", "Info", "--show-level"],
  ...["--metrics-path", JAILED.metrics],
];
