import type { ForkVm } from "@browservm/contract";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";

/** What is written down of a new VM that begins where `source` is. */
export function forkedRecord(
  { netns }: Pick<VmDeps, "netns">,
  { id: forkOf, spec, imageId, hasBrowser, driver, accelerator }: VmRecord,
  { id, keepFailed = false }: ForkVm,
): VmRecord {
  return {
    id,
    spec: { ...spec, id, keepFailed },
    state: "creating",
    imageId,
    hasBrowser,
    driver,
    accelerator,
    netns,
    origin: "fork",
    forkOf,
    createdAt: new Date().toISOString(),
    steps: [],
  };
}
