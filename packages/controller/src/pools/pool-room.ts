import type { HostInfo } from "@browservm/contract";
import type { PoolRecord, PoolVm } from "./pool-record.ts";

/** What pools leave to the machine and to sessions of their own, in MiB. */
const RESERVE_MIB = 512;
/** Where neither the image nor a VM of it says what it takes, in MiB. */
const USUAL_MIB = { browser: 2048, other: 512 } as const;

/** What VMs may still take; counted down while it is given away. */
export interface Room {
  memoryMib: number;
  slots: number;
}

type Shape = Pick<PoolRecord, "image" | "memoryMib">;

/** Memory of one VM of that shape, in MiB. */
export function memoryOf({ image, memoryMib }: Shape, host: HostInfo, vms: readonly PoolVm[]): number {
  const known = host.images.find(({ name }) => name === image);
  const seen = vms.find((vm) => vm.image === image && vm.askedMemoryMib === null)?.memoryMib;
  const usual = known?.hasBrowser ? USUAL_MIB.browser : USUAL_MIB.other;
  return memoryMib ?? known?.defaults?.memoryMib ?? seen ?? usual;
}

/** Room for more VMs: what is available, less what those take that have not grown yet. */
export function roomOn(host: HostInfo, vms: readonly PoolVm[]): Room {
  const { total, used, resting } = host.network.slots;
  const filling = vms.filter(({ state }) => state === "filling");
  const promisedMib = filling.reduce((sum, vm) => sum + memoryOf(asShape(vm), host, vms), 0);
  const unseen = filling.filter(({ memoryMib }) => memoryMib === null);
  return {
    memoryMib: host.memory.availableMib - RESERVE_MIB - promisedMib,
    slots: total - used - resting - unseen.length,
  };
}

/** How many VMs of that memory still fit. */
export function fitting({ memoryMib, slots }: Room, eachMib: number): number {
  return Math.max(0, Math.min(Math.floor(memoryMib / eachMib), slots));
}

const asShape = ({ image, askedMemoryMib }: PoolVm): Shape => ({ image, memoryMib: askedMemoryMib });
