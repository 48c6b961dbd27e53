import type { VmDeps } from "../vm-deps.ts";
import { collectEvidence, type Failure } from "./collect-evidence.ts";

/** Keeps what explains a failure, and tells of it. That it could not be kept must not hold the VM's end up. */
export async function keepEvidence(deps: VmDeps, failure: Failure): Promise<void> {
  const { failures, events, log } = deps;
  const { id } = failure.record;
  if (!failures.isOn) return;
  try {
    const files = await collectEvidence(deps, failure);
    await failures.keep(id, files);
    events.append(id, "vm.evidence", { files: [...files.keys()] });
  } catch (error) {
    log.warn({ vmId: id, err: error }, "the evidence of a failure could not be kept");
  }
}
