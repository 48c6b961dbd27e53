import { ERRORS, type HostInfo, type Reason, type Vm, type VmId } from "@browservm/contract";
import type { PoolFault } from "./pool-faults.ts";
import type { PoolRecord, PoolVm } from "./pool-record.ts";
import { fitting, memoryOf, type Room, roomOn } from "./pool-room.ts";

/** All that the plan looks at. The rows were read before hostd's list, so that no fresh VM looks lost. */
export interface PoolSight {
  readonly pools: readonly PoolRecord[];
  readonly vms: readonly PoolVm[];
  readonly host: HostInfo;
  readonly hostVms: readonly Vm[];
  /** VMs that hostd is being asked about now. */
  readonly busy: ReadonlySet<VmId>;
  readonly faults: ReadonlyMap<string, PoolFault>;
  /** How many may be filling at one time, in all pools. */
  readonly refills: number;
  readonly now: number;
  /** A VM that is not ready after so long never will be, in milliseconds. */
  readonly fillMs: number;
  /** The first look since we began. Whoever ended us may have ended the VMs too, as `up` does: then none is at fault. */
  readonly isFirst: boolean;
}

/** One thing to do so that every pool is as it should be. */
export type PoolStep =
  | { readonly do: "ask"; readonly pool: PoolRecord }
  /** We died between writing it down and asking for it. */
  | { readonly do: "askAgain"; readonly vm: PoolVm }
  | { readonly do: "describe"; readonly vm: PoolVm; readonly seen: Vm }
  | { readonly do: "offer"; readonly vm: PoolVm; readonly seen: Vm }
  /** hostd proves it anew: it cannot be claimed now. */
  | { readonly do: "withdraw"; readonly vm: PoolVm }
  | { readonly do: "drain"; readonly vm: PoolVm; readonly fault?: Reason }
  | { readonly do: "remove"; readonly vm: PoolVm }
  | { readonly do: "explain"; readonly pool: PoolRecord; readonly reason: Reason | null };

/** What to do, given the pools, their VMs, and hostd's. Twice in a row plans nothing new. */
export function planPools(sight: PoolSight): PoolStep[] {
  const hostVms = new Map(sight.hostVms.map((vm) => [vm.id, vm]));
  const pools = new Map(sight.pools.map((pool) => [pool.name, pool]));
  const steps = sight.vms.flatMap((vm) => {
    if (sight.busy.has(vm.vmId)) return [];
    return planVm(vm, pools.get(vm.pool), hostVms.get(vm.vmId), sight);
  });
  const gone = new Set(steps.flatMap((step) => (step.do === "drain" ? [step.vm.vmId] : [])));
  const kept = sight.vms.filter(({ vmId }) => !gone.has(vmId));
  const failing = new Set(steps.flatMap((step) => (step.do === "drain" && step.fault ? [step.vm.pool] : [])));
  return [...steps, ...planSizes(kept, failing, sight)];
}

function planVm(
  vm: PoolVm,
  pool: PoolRecord | undefined,
  seen: Vm | undefined,
  sight: PoolSight,
): PoolStep[] {
  if (vm.state === "claimed") return [];
  if (vm.state === "leaving") return [{ do: "remove", vm }];
  if (!pool || !isOfShape(vm, pool) || isOfOldImage(vm, sight.host)) return [{ do: "drain", vm }];
  if (!seen) {
    if (vm.memoryMib === null) return [{ do: "askAgain", vm }];
    return [sight.isFirst ? { do: "drain", vm } : { do: "drain", vm, fault: lost(vm) }];
  }
  if (["failed", "stopping", "stopped"].includes(seen.state)) {
    return [{ do: "drain", vm, fault: seen.reason ?? lost(vm) }];
  }
  if (vm.state === "ready") return seen.state === "ready" ? [] : [{ do: "withdraw", vm }];
  if (seen.state === "ready" && seen.provenAt !== undefined) return [{ do: "offer", vm, seen }];
  if (Date.parse(vm.askedAt) + sight.fillMs < sight.now && vm.readyAt === null) {
    return [{ do: "drain", vm, fault: tooSlow(vm, seen) }];
  }
  return vm.memoryMib === null || (vm.imageId === null && seen.imageId !== undefined)
    ? [{ do: "describe", vm, seen }]
    : [];
}

const isOfShape = (vm: PoolVm, pool: PoolRecord) =>
  vm.image === pool.image && vm.askedVcpus === pool.vcpus && vm.askedMemoryMib === pool.memoryMib;

/** An image that is gone altogether is old too. */
function isOfOldImage({ image, imageId }: PoolVm, host: HostInfo): boolean {
  const current = host.images.find(({ name }) => name === image);
  return !current || (imageId !== null && imageId !== current.id);
}

/** Fills what is not full, the emptiest pool first, and ends what is too many. A pool that is `failing` waits. */
function planSizes(kept: readonly PoolVm[], failing: ReadonlySet<string>, sight: PoolSight): PoolStep[] {
  const room = roomOn({ host: sight.host, hostVms: sight.hostVms, vms: kept });
  let turns = sight.refills - kept.filter(({ state }) => state === "filling").length;
  const have = new Map(sight.pools.map(({ name }) => [name, countedIn(kept, name)]));
  const fullness = ({ name, size }: PoolRecord) => (have.get(name)?.length ?? 0) / Math.max(1, size);
  const steps: PoolStep[] = [];
  for (const pool of sight.pools.toSorted((a, b) => fullness(a) - fullness(b))) {
    const vms = have.get(pool.name) ?? [];
    const asked = planOne(pool, vms, { room, turns: failing.has(pool.name) ? 0 : turns, kept, sight });
    turns -= asked.filter((step) => step.do === "ask").length;
    steps.push(...asked);
  }
  return steps;
}

const countedIn = (vms: readonly PoolVm[], pool: string) =>
  vms.filter((vm) => vm.pool === pool && (vm.state === "filling" || vm.state === "ready"));

interface Budget {
  /** Counted down by each pool. */
  readonly room: Room;
  readonly turns: number;
  readonly kept: readonly PoolVm[];
  readonly sight: PoolSight;
}

function planOne(pool: PoolRecord, vms: readonly PoolVm[], budget: Budget): PoolStep[] {
  const { room, turns, kept, sight } = budget;
  const { host, faults, now } = sight;
  // Those that are not ready yet go first.
  const surplus = vms
    .toSorted((a, b) => Number(a.state === "ready") - Number(b.state === "ready"))
    .slice(0, Math.max(0, vms.length - pool.size));
  const wanted = Math.max(0, pool.size - vms.length);
  const isKnown = host.images.some(({ name }) => name === pool.image);
  const eachMib = memoryOf(pool, host, kept);
  const possible = isKnown ? Math.min(wanted, fitting(room, eachMib)) : 0;
  const fault = faults.get(pool.name);
  const count = fault && fault.until > now ? 0 : Math.max(0, Math.min(possible, turns));
  room.memoryMib -= count * eachMib;
  room.slots -= count;
  const reason = whyNot(pool, { isKnown, wanted, possible, has: vms.length, fault });
  return [
    ...surplus.map((vm): PoolStep => ({ do: "drain", vm })),
    ...Array.from({ length: count }, (): PoolStep => ({ do: "ask", pool })),
    ...(isSame(reason, pool.reason) ? [] : [{ do: "explain", pool, reason } as const]),
  ];
}

interface Shortage {
  readonly isKnown: boolean;
  readonly wanted: number;
  readonly possible: number;
  readonly has: number;
  readonly fault: PoolFault | undefined;
}

function whyNot({ image, size }: PoolRecord, shortage: Shortage): Reason | null {
  const { isKnown, wanted, possible, has, fault } = shortage;
  if (size === 0) return null;
  if (!isKnown) return reasonOf("IMAGE_NOT_FOUND", `there is no image “${image}”`);
  if (possible < wanted) {
    return reasonOf("POOL_TOO_LARGE", `there is memory and addresses for ${has + possible} of ${size} VMs`);
  }
  return fault?.reason ?? null;
}

const lost = ({ vmId }: PoolVm) => reasonOf("VM_NOT_FOUND", `hostd does not know VM ${vmId} any more`);

const tooSlow = ({ vmId }: PoolVm, seen: Vm) =>
  reasonOf("DEADLINE_EXCEEDED", `VM ${vmId} is still ${seen.state}`);

function reasonOf(
  code: "IMAGE_NOT_FOUND" | "POOL_TOO_LARGE" | "VM_NOT_FOUND" | "DEADLINE_EXCEEDED",
  message: string,
): Reason {
  return { code, message, fix: ERRORS[code].fix };
}

const isSame = (a: Reason | null, b: Reason | null) => JSON.stringify(a) === JSON.stringify(b);
