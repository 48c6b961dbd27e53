import { type Config, type Progress, paths, silentProgress } from "@browservm/contract";
import type { Logger } from "pino";
import type { ImageStore } from "../image/image.ts";
import { type AcceleratorChoice, chooseAccelerator, type SmokeBoot } from "./accelerator.ts";
import { CgroupBranch } from "./cgroup.ts";
import { FakeDriver } from "./fake/fake.ts";
import { QemuDriver } from "./qemu/qemu.ts";
import { qemuSmokeBoot } from "./qemu/smoke-boot.ts";
import type { VmmDriver } from "./vmm.ts";

/** A driver and what is needed to choose how it runs guests. */
export interface VmmKit {
  readonly driver: VmmDriver;
  /** Version of the installed VMM, as it says it itself. VMM_NOT_FOUND. */
  readonly version: () => Promise<string>;
  readonly smokeBoot: SmokeBoot;
}

/** The VMMs that there are, the preferred first. A new driver is one line here. */
const KITS = {
  qemu: (): VmmKit => {
    const driver = new QemuDriver();
    return { driver, version: async () => (await driver.version()).text, smokeBoot: qemuSmokeBoot() };
  },
  fake: (): VmmKit => ({
    driver: new FakeDriver(),
    version: async () => "fake",
    smokeBoot: async () => ({ booted: false, seen: "a fake VMM boots nothing" }),
  }),
} satisfies Record<string, () => VmmKit>;

/** The VMM that `vmm.driver` of the configuration names; `auto` is the preferred one. */
export const openVmm = (wanted: Config["vmm"]["driver"]): VmmKit =>
  KITS[wanted === "auto" ? "qemu" : wanted]();

export interface DriverQuestion {
  readonly config: Pick<Config, "vmm" | "stateDir" | "runDir">;
  readonly images: Pick<ImageStore, "list">;
  readonly log: Pick<Logger, "info">;
}

/** Driver and accelerator for this machine, with the reason in words; asked once, before any VMM starts. VMM_NOT_FOUND, KVM_UNAVAILABLE. */
export async function chooseDriver(
  question: DriverQuestion,
): Promise<AcceleratorChoice & { driver: VmmDriver }> {
  const { config, images, log } = question;
  const kit = openVmm(config.vmm.driver);
  const vmmVersion = await kit.version();
  await CgroupBranch.find()?.sweep();
  const [image] = await images.list();
  if (!kit.driver.features.realGuest) {
    return { driver: kit.driver, accelerator: "tcg", reason: `${kit.driver.name} runs no real guest` };
  }
  if (!image) return { driver: kit.driver, ...withoutProof(config.vmm.accelerator) };
  const choice = await chooseAccelerator(logged(log), {
    wanted: config.vmm.accelerator,
    kernel: image.kernel,
    cache: paths(config).cache,
    vmmVersion,
    smokeBoot: kit.smokeBoot,
  });
  return { driver: kit.driver, ...choice };
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
