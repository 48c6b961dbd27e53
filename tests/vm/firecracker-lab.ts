import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { openVmm, type VmmSettings } from "../../packages/host/src/vmm/drivers.ts";
import {
  canFreeze,
  type Freezer,
  type VmMonitor,
  type VmmDriver,
  type VmmSpec,
} from "../../packages/host/src/vmm/vmm.ts";
import { firecrackerSettings, standInSettings, testKernel, VmmBench } from "./vmm-fixtures.ts";

export interface FirecrackerSubject {
  readonly name: string;
  /** `directory` is for programs that are made for the test. */
  readonly settings: (directory: string) => Promise<VmmSettings>;
}

/** The real one that `BROWSERVM_FIRECRACKER` names; none of its tests needs a guest that boots, but `/dev/kvm` must open. */
const real = process.env.BROWSERVM_FIRECRACKER;
const STAND_IN: FirecrackerSubject = { name: "the stand-in", settings: standInSettings };

/** What the tests of Firecracker's driver run against: the stand-in always, the real one where it is given. */
export const FIRECRACKERS: readonly FirecrackerSubject[] = [
  STAND_IN,
  ...(real ? [{ name: real, settings: async () => firecrackerSettings(real) }] : []),
];

/** What a frozen VM is on disk. */
export const FROZEN_FILES = ["facts.json", "memory", "state"];

export interface Rates {
  readonly diskMibPerSecond: number;
  readonly networkMibPerSecond: number;
}
export const NO_RATE: Rates = { diskMibPerSecond: 0, networkMibPerSecond: 0 };

/** A VM's worth of files with a directory to freeze it into. */
export type FreezeBench = VmmBench & { readonly frozen: string };

/** Freezes and restores VMs of one Firecracker; they and their files are gone when it is disposed. */
export class FirecrackerLab implements AsyncDisposable {
  readonly settings: VmmSettings;
  readonly #programs: string;
  readonly #kernel: string;
  readonly #benches: VmmBench[] = [];

  static async open(subject: FirecrackerSubject = STAND_IN): Promise<FirecrackerLab> {
    const programs = await mkdtemp(join(tmpdir(), "bvm-programs-"));
    return new FirecrackerLab(await subject.settings(programs), programs, await testKernel());
  }

  private constructor(settings: VmmSettings, programs: string, kernel: string) {
    this.settings = settings;
    this.#programs = programs;
    this.#kernel = kernel;
  }

  async makeBench(fake = ""): Promise<FreezeBench> {
    const bench = await VmmBench.make(this.#kernel, "idle", { fake, accelerator: "kvm" });
    this.#benches.push(bench);
    const frozen = join(bench.directory, "frozen");
    await mkdir(frozen, { mode: 0o700 });
    return Object.assign(bench, { frozen });
  }

  driver(rates = NO_RATE): VmmDriver {
    const vmm = { ...this.settings.vmm, ...rates };
    return openVmm("firecracker", { ...this.settings, vmm }).driver;
  }

  async launch(spec: VmmSpec, driver: VmmDriver = this.driver()): Promise<VmMonitor & Freezer> {
    const vmm = await driver.launch(silentProgress(), spec);
    if (!canFreeze(vmm)) throw new Error("Firecracker can freeze");
    return vmm;
  }

  /** The error with which a launch fails; a failure itself when it succeeds. */
  async refusal(spec: VmmSpec): Promise<unknown> {
    let vmm: VmMonitor;
    try {
      vmm = await this.launch(spec);
    } catch (error) {
      return error;
    }
    await vmm.kill();
    throw new Error("it was launched");
  }

  /** A VM that was frozen and whose VMM is gone. */
  async golden(): Promise<FreezeBench> {
    const bench = await this.makeBench();
    const vmm = await this.launch(bench.spec);
    await freeze(vmm, bench.frozen);
    await vmm.kill();
    return bench;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const bench of this.#benches) await bench[Symbol.asyncDispose]();
    await rm(this.#programs, { recursive: true });
  }
}

/** What is asked of a VM that goes on from a directory. */
export const restored = (
  { spec }: VmmBench,
  directory: string,
  use: "own" | "shared" = "shared",
): VmmSpec => ({ ...spec, restore: { directory, use } });

export const freeze = (vmm: Freezer, directory: string, signal?: AbortSignal): Promise<void> =>
  vmm.freeze(silentProgress(signal), directory);

/** The root of a VM's jail. */
export const jailOf = ({ spec }: VmmBench): string => join(spec.runDir, "jail");
