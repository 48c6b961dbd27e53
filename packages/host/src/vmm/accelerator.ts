import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { z } from "zod";
import { currentBootId } from "../process/identity.ts";

const Choice = z.object({ accelerator: z.enum(["kvm", "tcg"]), reason: z.string() });

/** How guests are run on this machine, and why, in words for people. */
export type AcceleratorChoice = z.infer<typeof Choice>;

/** Boots a kernel under KVM until it looks for its root file system; see qemu/smoke-boot.ts. */
export type SmokeBoot = (progress: Progress, kernel: string) => Promise<SmokeBootResult>;
export interface SmokeBootResult {
  readonly booted: boolean;
  /** What was seen: time it took, or last words. */
  readonly seen: string;
}

export interface AcceleratorOptions {
  /** `vmm.accelerator` of the configuration. */
  readonly wanted: "auto" | "kvm" | "tcg";
  readonly kernel: string;
  /** Directory for remembered answers. */
  readonly cache: string;
  readonly vmmVersion: string;
  readonly smokeBoot: SmokeBoot;
  /** For tests. */
  readonly device?: string;
}

/**
 * KVM only where it really boots this kernel: `/dev/kvm` opens on many nested machines that then hang. The answer
 * holds for this kernel, VMM version and boot of the machine. KVM_UNAVAILABLE when KVM is demanded but does not work.
 */
export async function chooseAccelerator(
  progress: Progress,
  options: AcceleratorOptions,
): Promise<AcceleratorChoice> {
  const { wanted, device = "/dev/kvm" } = options;
  if (wanted === "tcg") return { accelerator: "tcg", reason: "`vmm.accelerator` is `tcg`" };
  const obstacle = await whyNotOpen(device);
  const choice = obstacle ? emulate(obstacle) : await remembered(options, () => probe(progress, options));
  if (wanted === "kvm" && choice.accelerator !== "kvm") {
    throw new BrowserVmError("KVM_UNAVAILABLE", choice.reason.replace(/; emulating$/, ""), {
      kernel: options.kernel,
    });
  }
  return choice;
}

const emulate = (why: string): AcceleratorChoice => ({ accelerator: "tcg", reason: `${why}; emulating` });

async function whyNotOpen(device: string): Promise<string | undefined> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? `this machine has no ${device}` : `${device} cannot be opened (${code})`;
  }
}

async function probe(
  progress: Progress,
  { smokeBoot, kernel }: AcceleratorOptions,
): Promise<AcceleratorChoice> {
  progress.step("kvm smoke boot");
  const { booted, seen } = await smokeBoot(progress, kernel);
  return booted
    ? { accelerator: "kvm", reason: `KVM booted a kernel (${seen})` }
    : emulate(`KVM opens but ${seen}`);
}

async function remembered(
  options: AcceleratorOptions,
  ask: () => Promise<AcceleratorChoice>,
): Promise<AcceleratorChoice> {
  const path = join(options.cache, `accelerator-${await keyOf(options)}.json`);
  const known = await readChoice(path);
  if (known) return known;
  const choice = await ask();
  await mkdir(options.cache, { recursive: true });
  await writeFile(path, JSON.stringify(choice));
  return choice;
}

async function readChoice(path: string): Promise<AcceleratorChoice | undefined> {
  try {
    return Choice.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined; // not asked yet, or damaged: asking again is always right
  }
}

async function keyOf({ kernel, vmmVersion }: AcceleratorOptions): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(kernel), hash, { end: false });
  return hash.update(`\n${vmmVersion}\n${currentBootId()}`).digest("hex").slice(0, 16);
}
