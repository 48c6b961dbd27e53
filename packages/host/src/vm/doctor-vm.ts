import type { DoctorVm } from "../doctor/sight/doctor-vm.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmRecord } from "./vm-store.ts";

/** One VM as the doctor wants to know it. */
export function doctorVm(
  { places, patience, driver }: Pick<VmDeps, "places" | "patience" | "driver">,
  record: VmRecord,
  live: LiveVm | undefined,
): DoctorVm {
  const { console, vmmLog } = places.of(record.id);
  const { reason } = record;
  return {
    vmId: record.id,
    state: record.state,
    ...(reason ? { reason: { code: reason.code, message: reason.message } } : {}),
    hasBrowser: record.hasBrowser,
    identity: record.vmm?.identity,
    port: live ? (live.monitor.port ?? "tap") : driver.features.port,
    ...(live ? { live: { monitor: live.monitor, guest: live.guest, nonce: live.nonce } } : {}),
    logs: { console, vmm: vmmLog },
    patience,
  };
}
