import { BrowserVmError } from "@browservm/contract";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import type { FrozenManifest } from "./frozen-manifest.ts";

/** Which machine can let a frozen VM go on. */
export type Owner = Pick<
  FrozenManifest,
  "driver" | "accelerator" | "vmm" | "cpu" | "imageId" | "vcpus" | "memoryMib" | "netns"
>;

/** What a VM that is frozen now can be restored by. SNAPSHOT_UNSUPPORTED when its VMM is not of our driver. */
export async function frozenBy(deps: VmDeps, record: VmRecord): Promise<Owner> {
  const { driver, accelerator, netns } = deps;
  if (record.driver !== driver.name || record.accelerator !== accelerator)
    throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", `VM ${record.id} runs by another VMM than new ones`, {
      why: `it runs by ${record.driver} (${record.accelerator}), hostd's choice is ${driver.name} (${accelerator})`,
    });
  const { vcpus, memoryMib } = record.spec;
  const by = await driver.frozenBy(accelerator);
  return { driver: driver.name, accelerator, ...by, imageId: record.imageId, vcpus, memoryMib, netns };
}

/** SNAPSHOT_MISMATCH: what would restore it now is not what it was frozen by. */
export async function requireSameOwner(deps: VmDeps, frozen: Owner): Promise<void> {
  const { driver, accelerator } = deps;
  const now = { driver: driver.name, accelerator, ...(await driver.frozenBy(accelerator)) };
  const differing = (["driver", "accelerator", "vmm", "cpu"] as const).filter(
    (key) => frozen[key] !== now[key],
  );
  const [first] = differing;
  if (first === undefined) return;
  const details = Object.fromEntries(differing.map((key) => [key, { frozen: frozen[key], now: now[key] }]));
  throw new BrowserVmError(
    "SNAPSHOT_MISMATCH",
    `it was frozen with ${frozen[first]}, and here is ${now[first]}`,
    details,
  );
}
