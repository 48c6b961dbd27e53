import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBrowserVmError, type Progress, sanitizeLine } from "@browservm/contract";
import { run } from "../../process/run.ts";
import type { SmokeBoot, SmokeBootResult } from "../accelerator.ts";
import { bootableKernel } from "./kernel/bootable-kernel.ts";
import type { FirecrackerPrograms } from "./programs.ts";

const DEADLINE_MS = 6000;
/** A kernel without a root file system panics when it looks for it (linux/init/do_mounts.c): by then all else works. */
const LOOKED_FOR_ROOT = /Unable to mount root fs|No working init found/;
/** The VMM's own lines begin with its time and name. */
const OF_THE_VMM = /^\d{4}-\d\d-\d\dT\S+ \[/;

/** Boots kernels under KVM with Firecracker: only our own image's kernel, without disks or network, hence without a jail. */
export const firecrackerSmokeBoot =
  (programs: () => Promise<FirecrackerPrograms>, deadlineMs: number = DEADLINE_MS): SmokeBoot =>
  async (progress, kernel) => {
    const { firecracker } = await programs();
    const directory = await mkdtemp(join(tmpdir(), "browservm-smoke-"));
    try {
      const config = join(directory, "vm.json");
      await writeFile(config, JSON.stringify(smokeVm(await bootableKernel(kernel))));
      return await smokeBoot(progress, { firecracker, config, deadlineMs });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };

interface SmokeOptions {
  readonly firecracker: string;
  readonly config: string;
  readonly deadlineMs: number;
}

async function smokeBoot(
  progress: Progress,
  { firecracker, config, deadlineMs }: SmokeOptions,
): Promise<SmokeBootResult> {
  const startedAt = performance.now();
  const lines: string[] = [];
  let booted = false;
  const onLine = (line: string) => {
    lines.push(line);
    booted ||= LOOKED_FOR_ROOT.test(line);
  };
  try {
    await run(firecracker, ["--no-api", "--enable-pci", "--config-file", config], {
      timeoutMs: deadlineMs,
      signal: progress.signal,
      onLine,
    });
  } catch (error) {
    progress.signal.throwIfAborted();
    if (!isBrowserVmError(error)) throw error;
    if (!booted && isBrowserVmError(error, "DEADLINE_EXCEEDED"))
      return { booted, seen: `did not boot a kernel within ${deadlineMs / 1000} s` };
  }
  if (booted) return { booted, seen: `${((performance.now() - startedAt) / 1000).toFixed(1)} s` };
  const words = lines.findLast((line) => OF_THE_VMM.test(line)) ?? lines.at(-1) ?? "it said nothing";
  return { booted, seen: `did not boot a kernel (${sanitizeLine(words.replace(/^.*?\] /, ""), 200)})` };
}

/** Firecracker's configuration file (docs/getting-started.md), as small as it can be. */
const smokeVm = (kernel: string) => ({
  "boot-source": {
    kernel_image_path: kernel,
    boot_args: "console=ttyS0 panic=-1 reboot=k",
  },
  "machine-config": { vcpu_count: 1, mem_size_mib: 256 },
  drives: [],
});
