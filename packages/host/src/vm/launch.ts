import { BrowserVmError, type Progress, type VmAddress } from "@browservm/contract";
import { TimedGuest } from "../guest/timed-guest.ts";
import type { Image } from "../image/image.ts";
import { slotUid } from "../net/names.ts";
import { silentAddress } from "../net/verify/silent-address.ts";
import type { VmMonitor, VmmRecord } from "../vmm/vmm.ts";
import { introduce } from "./introduce.ts";
import { kernelIp } from "./kernel-ip.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import { sessionFiles } from "./session-files.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmRecord } from "./vm-store.ts";
import { vmmSpec } from "./vmm-spec.ts";
import type { WaitClock } from "./wait-clock.ts";

export interface Launch {
  readonly record: VmRecord;
  readonly waits: WaitClock;
  /** Called as soon as the VMM runs, so that a crash of ours cannot lose it. */
  readonly onVmm: (vmm: VmmRecord) => void;
}

/**
 * The story of a cold start, up to the agent's hello. It undoes nothing itself: whoever launches calls `cleanUp`,
 * the one way to take a VM apart, also after a crash.
 */
export async function launchVm(
  deps: VmDeps,
  progress: Progress,
  { record, waits, onVmm }: Launch,
): Promise<LiveVm> {
  const { id } = record;
  progress.step("image");
  // Not by its name: since the VM was asked for, another image may have been built under it.
  const image = await deps.images.find(record.imageId);
  await deps.images.pin(image, id);

  progress.step("address");
  const address = deps.network.reserve(id);
  await deps.network.setEgress(id, record.spec.egress);
  await silentAddress(deps.network.look, address.ip);

  progress.step("disk");
  const place = await deps.places.make(id);
  const injected = await writeDisks(deps, { record, image, place });

  progress.step("tap");
  const ownerUid = slotUid(address.slot);
  await deps.network.plug(address, ownerUid, deps.driver.features.port);

  progress.step("boot");
  const monitor = await waits.during(startVmm(deps, progress, { record, image, place, address }));
  onVmm(monitor.record);

  progress.step("agent");
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
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
    waits,
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
  const [, manifest] = await Promise.all([
    deps.createOverlay(place.overlay, record.spec.diskMib),
    deps.writeInitrd(image, sessionFiles(record), place.initrd),
  ]);
  return manifest;
}

async function startVmm(
  deps: VmDeps,
  progress: Progress,
  parts: Parts & { address: VmAddress },
): Promise<VmMonitor> {
  if (progress.signal.aborted) throw new BrowserVmError("CANCELLED", "the launch was cancelled");
  const spec = vmmSpec(deps, parts);
  return deps.driver.launch(progress, { ...spec, commandLine: withAddress(deps, spec.commandLine, parts) });
}

/** The guest's settings are known before it boots: its initramfs writes them down. */
function withAddress(
  { network: { plan } }: VmDeps,
  commandLine: string,
  { record, address }: Parts & { address: VmAddress },
): string {
  return [
    commandLine,
    kernelIp(address, record.id, plan.dns),
    `browservm.mac=${address.mac}`,
    `browservm.mtu=${plan.mtu}`,
  ].join(" ");
}
