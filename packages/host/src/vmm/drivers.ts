import {
  BrowserVmError,
  type Config,
  isBrowserVmError,
  type Progress,
  paths,
  resolveConfig,
  silentProgress,
} from "@browservm/contract";
import type { Logger } from "pino";
import type { ImageStore } from "../image/image.ts";
import { type AcceleratorChoice, chooseAccelerator, type SmokeBoot } from "./accelerator.ts";
import { CgroupBranch, LIMITED_BY } from "./cgroup.ts";
import { ContainerDriver } from "./container/container.ts";
import { FakeDriver } from "./fake/fake.ts";
import { FirecrackerDriver } from "./firecracker/firecracker.ts";
import { installedPrograms } from "./firecracker/programs.ts";
import { firecrackerSmokeBoot } from "./firecracker/smoke-boot.ts";
import { vmmName } from "./firecracker/version.ts";
import { QemuDriver } from "./qemu/qemu.ts";
import { qemuSmokeBoot } from "./qemu/smoke-boot.ts";
import type { Accelerator, FrozenBy, VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "./vmm.ts";

/** A driver and what is needed to choose how it runs guests. */
export interface VmmKit {
  readonly driver: VmmDriver;
  /** Name and version of the installed VMM, as it says it itself. VMM_NOT_FOUND, VMM_UNSUPPORTED. */
  readonly version: () => Promise<string>;
  readonly smokeBoot: SmokeBoot;
}

export type VmmSettings = Pick<Config, "vmm" | "stateDir">;

/** The VMMs that there are, the preferred first. A new driver is one line here. */
const KITS = {
  firecracker: (settings: VmmSettings): VmmKit => firecrackerKit(settings),
  qemu: (): VmmKit => {
    const driver = new QemuDriver();
    return { driver, version: async () => (await driver.version()).text, smokeBoot: qemuSmokeBoot() };
  },
  container: (): VmmKit => {
    const driver = new ContainerDriver();
    return {
      driver,
      version: async () => (await driver.runtime()).text,
      smokeBoot: async () => ({ booted: false, seen: "a container boots no kernel" }),
    };
  },
  fake: (): VmmKit => ({
    driver: new FakeDriver(),
    version: async () => "fake",
    smokeBoot: async () => ({ booted: false, seen: "a fake VMM boots nothing" }),
  }),
} satisfies Record<string, (settings: VmmSettings) => VmmKit>;

export type VmmName = keyof typeof KITS;

function firecrackerKit({ vmm, stateDir }: VmmSettings): VmmKit {
  const driver = new FirecrackerDriver({
    programs: { ...vmm, installed: installedPrograms(stateDir) },
    tuning: vmm,
  });
  return {
    driver,
    version: async () => vmmName((await driver.programs()).version.text),
    smokeBoot: firecrackerSmokeBoot(() => driver.programs()),
  };
}

/** One VMM by its name, as configured; without settings, as it is by default. */
export const openVmm = (name: VmmName, settings: VmmSettings = resolveConfig({ env: {} }).config): VmmKit =>
  KITS[name](settings);

export interface DriverQuestion {
  readonly config: Pick<Config, "vmm" | "stateDir" | "runDir">;
  readonly images: Pick<ImageStore, "list">;
  readonly log: Pick<Logger, "info" | "warn">;
}

export interface DriverChoice {
  readonly driver: VmmDriver;
  readonly accelerator: Accelerator;
  /** In words for people. */
  readonly reason: string;
}

/** What a person must know who chose containers, said in the log, on the page and by `up`. */
export async function asContainers(
  { driver, version }: Pick<VmmKit, "driver" | "version">,
  log: Pick<Logger, "warn">,
): Promise<DriverChoice> {
  const weaker = "containers share this machine's kernel, which isolates less than a VM does";
  const unlimited = (await CgroupBranch.find()?.unlimited()) ?? Object.values(LIMITED_BY);
  const words =
    unlimited.length === 0 ? "" : `; nothing limits here what they take of ${unlimited.join(", ")}`;
  const reason = `${await version()}: ${weaker}${words}`;
  log.warn({ driver: driver.name, unlimited }, reason);
  return { driver, accelerator: "none", reason };
}

/**
 * Driver and accelerator for this machine, with the reason in words; asked once, before any VMM starts. `auto` takes
 * Firecracker with KVM, else QEMU with KVM, else QEMU's emulation. VMM_NOT_FOUND, VMM_UNSUPPORTED, KVM_UNAVAILABLE.
 */
export async function chooseDriver(question: DriverQuestion): Promise<DriverChoice> {
  const { config } = question;
  await CgroupBranch.find()?.sweep();
  const wanted = config.vmm.driver;
  const choice = wanted === "auto" ? await choosePreferred(question) : await chooseFor(question, wanted);
  return { ...choice, driver: new ChosenDriver(choice.driver, config) };
}

async function choosePreferred(question: DriverQuestion): Promise<DriverChoice> {
  const { accelerator } = question.config.vmm;
  const first = await whyNotFirecracker(question);
  if (typeof first !== "string") return first;
  const second = await chooseFor(question, "qemu").catch((error: unknown) => {
    if (accelerator !== "kvm" || !isBrowserVmError(error, "KVM_UNAVAILABLE")) throw error;
    throw new BrowserVmError("KVM_UNAVAILABLE", `${first}; ${error.message}`, error.details);
  });
  return { ...second, reason: `${first}; QEMU: ${second.reason}` };
}

/** The choice for Firecracker, or in words why it is not taken. */
async function whyNotFirecracker(question: DriverQuestion): Promise<DriverChoice | string> {
  if (question.config.vmm.accelerator === "tcg")
    return "Firecracker needs KVM, and `vmm.accelerator` is `tcg`";
  try {
    const choice = await chooseFor(question, "firecracker");
    if (choice.accelerator === "kvm") return { ...choice, reason: `Firecracker: ${choice.reason}` };
    return `not Firecracker: ${choice.reason.replace(/; emulating$/, "")}`;
  } catch (error) {
    const known: ReadonlyArray<string> = ["VMM_NOT_FOUND", "VMM_UNSUPPORTED", "KVM_UNAVAILABLE"];
    if (!isBrowserVmError(error) || !known.includes(error.code)) throw error;
    return `not Firecracker: ${error.message}`;
  }
}

async function chooseFor({ config, images, log }: DriverQuestion, name: VmmName): Promise<DriverChoice> {
  const kit = openVmm(name, config);
  const { driver } = kit;
  if (driver.features.isolation === "container") return asContainers(kit, log);
  const vmmVersion = await kit.version();
  const { accelerator } = config.vmm;
  if (!driver.features.realGuest)
    return { driver, accelerator: "tcg", reason: `${driver.name} runs no real guest` };
  const [image] = await images.list();
  const choice = image
    ? await chooseAccelerator(logged(log), {
        wanted: accelerator,
        kernel: image.kernel,
        cache: paths(config).cache,
        vmmVersion,
        smokeBoot: kit.smokeBoot,
      })
    : withoutProof(accelerator);
  const named = config.vmm.driver === name;
  // Said at once rather than at every launch.
  if (named && name === "firecracker" && choice.accelerator !== "kvm")
    throw new BrowserVmError(
      "KVM_UNAVAILABLE",
      `Firecracker needs KVM: ${choice.reason.replace(/; emulating.*$/, "")}`,
    );
  return { driver, ...choice };
}

const logged = (log: Pick<Logger, "info">): Progress => ({
  ...silentProgress(),
  step: (step) => log.info({ step }, "choosing the accelerator"),
});

/** Before the first image there is no kernel to try. */
function withoutProof(wanted: Config["vmm"]["accelerator"]): AcceleratorChoice {
  if (wanted === "kvm")
    return {
      accelerator: "kvm",
      reason: "`vmm.accelerator` is `kvm`; not proven, for there is no image yet",
    };
  return {
    accelerator: "tcg",
    reason: "there is no image yet whose kernel could prove KVM; emulating until hostd restarts",
  };
}

/** Launches with the chosen VMM, and takes over what an earlier choice left running. */
class ChosenDriver implements VmmDriver {
  readonly name: string;
  readonly features: VmmDriver["features"];
  readonly #chosen: VmmDriver;
  readonly #settings: VmmSettings;

  constructor(chosen: VmmDriver, settings: VmmSettings) {
    this.name = chosen.name;
    this.features = chosen.features;
    this.#chosen = chosen;
    this.#settings = settings;
  }

  frozenBy(accelerator: Accelerator): Promise<FrozenBy> {
    return this.#chosen.frozenBy(accelerator);
  }

  launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    return this.#chosen.launch(progress, spec);
  }

  async warm(progress: Progress, directory: string): Promise<void> {
    await this.#chosen.warm?.(progress, directory);
  }

  forget(directory: string): void {
    this.#chosen.forget?.(directory);
  }

  adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const isOurs = record.driver === this.name || !Object.hasOwn(KITS, record.driver);
    const driver = isOurs ? this.#chosen : openVmm(record.driver as VmmName, this.#settings).driver;
    return driver.adopt(record);
  }
}
