import { statSync } from "node:fs";
import { containerOrdersOf } from "../run-dir.ts";
import type { SupervisedSpec } from "../supervision.ts";
import type { VmmSpec } from "../vmm.ts";

const MIB = 1024 * 1024;
/** What the runtime and its waiting parent need beside the guest. */
const OVERHEAD_MIB = 32;
/** A browser with many tabs has some thousand threads; a fork bomb has more. */
const PIDS = 4096;

/**
 * How a container is started, and within which bounds. The launcher is the first process of a pid namespace: when it
 * or its parent ends, however, the kernel ends the whole guest, and with the mount namespace go all mounts.
 */
export function containerCommand(spec: VmmSpec, bundle: string, launcher: string): SupervisedSpec {
  return {
    file: "unshare",
    args: [
      ...["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"],
      ...[
        process.execPath,
        "--disable-warning=ExperimentalWarning",
        launcher,
        containerOrdersOf(spec.runDir),
      ],
    ],
    // Of each file in the guest, and of its whole disk.
    largestFileBytes: Math.max(...spec.disks.map(({ path }) => statSync(path).size)),
    memoryMaxBytes: (spec.memoryMib + OVERHEAD_MIB) * MIB,
    stdout: spec.logs.console,
    jail: bundle,
    innerCgroup: "runtime",
    cpus: spec.vcpus,
    pidsMax: PIDS,
  };
}
