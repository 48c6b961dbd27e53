import { readFileSync } from "node:fs";
import type { VmAddress } from "@browservm/contract";
import type { ArpSocket } from "../../linux/arp-probe.ts";
import { findLink } from "../../linux/links.ts";
import { routeTo } from "../../linux/routes.ts";
import { tail } from "../../logs/tail.ts";
import type { LinkFacts } from "../../net/facts.ts";
import { namespaceInode } from "../../net/holders.ts";
import type { LinuxNetwork } from "../../net/linux-network.ts";
import { slotUid } from "../../net/names.ts";
import { isAlive } from "../../process/identity.ts";
import { packetDelta } from "./counters.ts";
import type { DoctorVm } from "./doctor-vm.ts";
import { type GuestView, readGuest } from "./guest-facts.ts";
import { probeBurst } from "./probe-burst.ts";
import { type ProbeTarget, probeToGuest } from "./probe-to-guest.ts";
import type { PathProbe, VmSight } from "./vm-sight.ts";

const CONSOLE_LINES = 100;
const VMM_LOG_LINES = 30;
const STATUS_MS = 1000;
/** Packets do not wait for a slow guest as long as its programs do. */
const NETWORK_PATIENCE = 3;
/** Three pings, an ARP request, and a SYN to either port. */
const PACKETS_SENT = 6;

export interface VmTools {
  readonly network: Pick<LinuxNetwork, "plan" | "parts">;
  /** Of the host's sight. */
  readonly links: readonly LinkFacts[];
  /** On the bridge; undefined when there is none. */
  readonly arp: Pick<ArpSocket, "ask"> | undefined;
  readonly signal: AbortSignal;
}

/** One VM from outside and from inside. What does not answer ends by its deadline; only `signal` makes it reject. */
export async function readVmSight(vm: DoctorVm, address: VmAddress, tools: VmTools): Promise<VmSight> {
  const route = readRoute(address.ip, tools);
  const [vmm, console, seen] = await Promise.all([
    readVmm(vm),
    tail(vm.logs.console, CONSOLE_LINES),
    isRunning(vm) ? probeVm(vm, address, tools) : notProbed(vm),
  ]);
  return {
    vmId: vm.vmId,
    state: vm.state,
    ...(vm.reason ? { reason: vm.reason } : {}),
    address,
    port: vm.port,
    ownerUid: slotUid(address.slot),
    hasBrowser: vm.hasBrowser,
    route,
    vmm,
    console,
    ...seen,
  };
}

const isRunning = ({ identity }: DoctorVm): boolean => identity !== undefined && isAlive(identity);

const notProbed = ({ identity }: DoctorVm) => ({
  guest: { silent: identity ? "its VMM has ended" : "its VMM was not started yet" },
  probe: undefined,
});

async function readVmm({ identity, live, logs, patience }: DoctorVm): Promise<VmSight["vmm"]> {
  const alive = identity !== undefined && isAlive(identity);
  const [status, log] = await Promise.all([
    alive && live ? within(live.monitor.status(), STATUS_MS * patience) : undefined,
    tail(logs.vmm, VMM_LOG_LINES),
  ]);
  return {
    pid: identity?.pid,
    alive,
    processState: identity && processState(identity.pid, identity.startTicks),
    status,
    log,
    namespaceInode: alive ? namespaceInode(identity.pid) : undefined,
  };
}

async function probeVm(vm: DoctorVm, address: VmAddress, tools: VmTools) {
  const { netlink, target: planned } = tools.network.parts;
  const bridge = planned.bridge.name;
  const before = findLink(netlink, address.tap);
  const target = probeTarget(vm, address, tools);
  const [toGuest, { guest, fromGuest }] = await Promise.all([
    probeToGuest(target),
    askGuest(vm, address, tools),
  ]);
  const isDead = !toGuest.pings.some(({ ok }) => ok);
  const able = vm.live && !("silent" in guest) ? { guest: vm.live.guest } : {};
  const kind = toGuest.arp.length > 0 ? "echo" : "arp";
  const burst = isDead
    ? await probeBurst(target, kind, { netlink, bridge, tap: address.tap, ...able })
    : undefined;
  const probe: PathProbe = {
    toGuest,
    fromGuest,
    tap: packetDelta(before, findLink(netlink, address.tap)),
    sent: PACKETS_SENT,
    ...(burst ? { burst } : {}),
  };
  return { guest, probe };
}

function probeTarget(vm: DoctorVm, address: VmAddress, { network, arp, signal }: VmTools): ProbeTarget {
  return {
    ip: address.ip,
    vmId: vm.vmId,
    nonce: vm.live?.nonce,
    arp,
    mtu: network.plan.mtu,
    patience: Math.min(vm.patience, NETWORK_PATIENCE),
    signal,
  };
}

async function askGuest(vm: DoctorVm, address: VmAddress, { network, signal }: VmTools): Promise<GuestView> {
  const { live, hasBrowser, patience } = vm;
  if (!live) return { guest: { silent: "hostd is not connected to its agent yet" }, fromGuest: undefined };
  return readGuest({ guest: live.guest, address, plan: network.plan, patience, hasBrowser, signal });
}

function readRoute(ip: string, { network, links }: VmTools): VmSight["route"] {
  const route = routeTo(network.parts.netlink, ip);
  if (!route) return undefined;
  const dev = links.find(({ index }) => index === route.ifindex)?.name;
  if (dev === undefined) return undefined;
  const { source, gateway } = route;
  return { dev, ...(source ? { source } : {}), ...(gateway ? { via: gateway } : {}) };
}

/** /proc/PID/stat, field 3 (proc_pid_stat(5)); undefined when that process is gone, or another one has its pid. */
function processState(pid: number, startTicks: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[19] === startTicks ? fields[0] : undefined;
  } catch {
    return undefined; // gone
  }
}

/** undefined: it did not answer in time, or refused. */
async function within<T>(answer: Promise<T>, waitMs: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), waitMs);
  try {
    return await Promise.race([answer.catch(() => undefined), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
