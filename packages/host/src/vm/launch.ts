import { BrowserVmError, GUEST_PATHS, type Progress, type VmAddress } from "@browservm/contract";
import type { Image, InjectedFile } from "../image/image.ts";
import { emulationFlags, renderEnvironment, renderPamEnvironment } from "../image/index.ts";
import { slotUid } from "../net/names.ts";
import { silentAddress } from "../net/verify/silent-address.ts";
import type { VmMonitor, VmmRecord } from "../vmm/vmm.ts";
import { introduce } from "./introduce.ts";
import { kernelIp } from "./kernel-ip.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmRecord } from "./vm-store.ts";

export interface Launch {
  readonly record: VmRecord;
  /** Called as soon as the VMM runs, so that a crash of ours cannot lose it. */
  readonly onVmm: (vmm: VmmRecord) => void;
}

/**
 * The story of a cold start, up to the agent's hello. It undoes nothing itself: whoever launches calls `cleanUp`,
 * the one way to take a VM apart, also after a crash.
 */
export async function launchVm(deps: VmDeps, progress: Progress, { record, onVmm }: Launch): Promise<LiveVm> {
  const { id } = record;
  progress.step("image");
  const image = await deps.images.find(record.spec.image);
  await deps.images.pin(image, id);

  progress.step("address");
  const address = deps.network.reserve(id);
  await silentAddress(deps.network.look, address.ip);

  progress.step("disk");
  const place = await deps.places.make(id);
  const injected = await writeDisks(deps, { record, image, place });

  progress.step("tap");
  const ownerUid = slotUid(address.slot);
  await deps.network.plug(address, ownerUid);

  progress.step("boot");
  const monitor = await startVmm(deps, progress, { record, image, place, address });
  onVmm(monitor.record);

  progress.step("agent");
  const guest = deps.connectGuest(monitor);
  const secrets = makeSecrets();
  const hello = await introduce(deps, {
    record,
    monitor,
    guest,
    secrets,
    injected,
    signal: progress.signal,
  }).catch(async (error) => {
    await guest[Symbol.asyncDispose]();
    throw error;
  });
  return new LiveVm({
    ...deps,
    id,
    address,
    monitor,
    guest,
    secrets,
    bootId: hello.bootId,
    hasBrowser: image.hasBrowser,
    ownerUid,
  });
}

interface Parts {
  readonly record: VmRecord;
  readonly image: Image;
  readonly place: VmPlace;
}

async function writeDisks(deps: VmDeps, { record, image, place }: Parts) {
  const environment = { SESSION_ID: record.id, ...record.spec.environment };
  const files: InjectedFile[] = [
    { path: GUEST_PATHS.environment, mode: 0o644, content: renderEnvironment(environment) },
    { path: "/etc/environment", mode: 0o644, content: renderPamEnvironment(environment) },
  ];
  const [, manifest] = await Promise.all([
    deps.createOverlay(place.overlay, record.spec.diskMib),
    deps.writeInitrd(image, files, place.initrd),
  ]);
  return manifest;
}

async function startVmm(
  deps: VmDeps,
  progress: Progress,
  { record, image, place, address }: Parts & { address: VmAddress },
): Promise<VmMonitor> {
  if (progress.signal.aborted) throw new BrowserVmError("CANCELLED", "the launch was cancelled");
  return deps.driver.launch(progress, {
    vmId: record.id,
    vcpus: record.spec.vcpus,
    memoryMib: record.spec.memoryMib,
    kernel: image.kernel,
    initrd: place.initrd,
    commandLine: commandLine(deps, image, record, address),
    disks: [
      { path: image.rootfs, readOnly: true },
      { path: place.overlay, readOnly: false },
    ],
    address,
    mtu: deps.network.plan.mtu,
    uid: slotUid(address.slot),
    runDir: place.runDir,
    logs: { console: place.console, vmm: place.vmmLog },
    logLimitBytes: deps.logLimitBytes,
    accelerator: deps.accelerator,
  });
}

function commandLine(deps: VmDeps, image: Image, record: VmRecord, address: VmAddress): string {
  const emulated = deps.accelerator === "tcg" ? [emulationFlags] : [];
  return [
    image.commandLine,
    ...emulated,
    kernelIp(address, record.id, deps.network.plan.dns),
    `browservm.mac=${address.mac}`,
    `browservm.mtu=${deps.network.plan.mtu}`,
  ].join(" ");
}
