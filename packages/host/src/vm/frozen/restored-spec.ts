import type { VmAddress } from "@browservm/contract";
import type { VmmSpec } from "../../vmm/vmm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { vmmSpec } from "../vmm-spec.ts";

export interface RestoredSpec {
  readonly record: VmRecord;
  readonly address: VmAddress;
  /** Where its own memory and state are. */
  readonly directory: string;
}

/** What a VMM needs to let one VM's own frozen state go on: the devices that it was frozen with, at `address`. */
export async function restoredSpec(
  deps: VmDeps,
  { record, address, directory }: RestoredSpec,
): Promise<VmmSpec> {
  const image = await deps.images.find(record.imageId);
  const place = deps.places.of(record.id);
  return { ...vmmSpec(deps, { record, image, place, address }), restore: { directory, use: "own" } };
}
