import type { SmokeBoot } from "./accelerator.ts";
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

/** The VMMs that there are, the preferred first. A new driver is one line here. */
export const VMM_NAMES = Object.keys(KITS) as ReadonlyArray<keyof typeof KITS>;

/** The VMM that `vmm.driver` of the configuration names; `auto` is the preferred one. */
export const openVmm = (wanted: "auto" | keyof typeof KITS): VmmKit =>
  KITS[wanted === "auto" ? "qemu" : wanted]();
