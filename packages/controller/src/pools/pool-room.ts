import type { HostInfo, Vm } from "@browservm/contract";
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

/** All that takes room, and where; the rows were read before hostd's list. */
export interface Taken {
  readonly host: HostInfo;
  readonly hostVms: readonly Vm[];
  readonly vms: readonly PoolVm[];
}

/**
 * Room for more VMs: what is available, less what those take that have not grown yet; and never more than all VMs can
 * fill at last. A VM that was restored touches little of its memory, so that what is available says nothing of that.
 */
export function roomOn(taken: Taken): Room {
  const { host, vms } = taken;
  const { total, used, resting } = host.network.slots;
  const filling = vms.filter(({ state }) => state === "filling");
  const unseen = filling.filter(({ memoryMib }) => memoryMib === null);
  const availableMib = host.memory.availableMib - promisedTo(filling, taken);
  return {
    memoryMib: Math.min(availableMib, unpromisedMib(taken)) - RESERVE_MIB,
    slots: total - used - resting - unseen.length,
  };
}

/** What is left when every VM that is not on disk has filled its memory, those included that hostd is only asked for. */
function unpromisedMib(taken: Taken): number {
  const { host, hostVms, vms } = taken;
  const known = new Set<string>(hostVms.map(({ id }) => id));
  const unknown = vms.filter(({ vmId, state }) => state === "filling" && !known.has(vmId));
  const running = hostVms.filter(({ state }) => state !== "paused" && state !== "stopped");
  const runningMib = running.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
  return host.memory.totalMib - runningMib - promisedTo(unknown, taken);
}

const promisedTo = (those: readonly PoolVm[], { host, vms }: Taken): number =>
  those.reduce((sum, vm) => sum + memoryOf(asShape(vm), host, vms), 0);

/** Room as if that pool had no VMs: they would be replaced, or kept. */
export function roomWithout(pool: string, { host, hostVms, vms }: Taken): Room {
  const own = vms.filter((vm) => vm.pool === pool && (vm.state === "filling" || vm.state === "ready"));
  const ids = new Set<string>(own.map(({ vmId }) => vmId));
  const others = {
    host,
    hostVms: hostVms.filter(({ id }) => !ids.has(id)),
    vms: vms.filter((vm) => !own.includes(vm)),
  };
  // Those that fill have not grown yet, and so leave nothing.
  const leaving = own.filter(({ state }) => state === "ready");
  const leftMib = leaving.reduce((sum, vm) => sum + (vm.memoryMib ?? 0), 0);
  const memory = { ...host.memory, availableMib: host.memory.availableMib + leftMib };
  const room = roomOn({ ...others, host: { ...host, memory } });
  return { ...room, slots: room.slots + own.filter(({ memoryMib }) => memoryMib !== null).length };
}

/** How many VMs of that memory still fit. */
export function fitting({ memoryMib, slots }: Room, eachMib: number): number {
  return Math.max(0, Math.min(Math.floor(memoryMib / eachMib), slots));
}

const asShape = ({ image, askedMemoryMib }: PoolVm): Shape => ({ image, memoryMib: askedMemoryMib });
