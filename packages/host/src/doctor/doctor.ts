import { BrowserVmError, type DoctorReport, type VmId } from "@browservm/contract";
import { Semaphore } from "async-mutex";
import { ArpSocket } from "../linux/arp-probe.ts";
import type { Check } from "./check.ts";
import { HOST_CHECKS, VM_CHECKS } from "./checks.ts";
import { excuseOf, isPathless } from "./excuse.ts";
import { type Judged, judge } from "./judge.ts";
import { reportOf } from "./report.ts";
import { askTwice } from "./sight/ask-twice.ts";
import type { DoctorVm } from "./sight/doctor-vm.ts";
import type { HostSight } from "./sight/host-sight.ts";
import { isCertain, tcpAnswer } from "./sight/probe-to-guest.ts";
import { tallyWays } from "./sight/probed-ways.ts";
import { type FirstLook, type HostTools, lookAgain, readHostSight } from "./sight/read-host-sight.ts";
import { readVmSight } from "./sight/read-vm-sight.ts";
import type { TcpAnswer, VmSight, VmSubject } from "./sight/vm-sight.ts";
import { vmWithoutPath } from "./vm-without-path.ts";

/** VMs that are probed at one time: each takes some sockets, and the guests share the machine's processors. */
const PROBES_AT_ONCE = 32;
export interface DoctorTools extends Omit<HostTools, "knownVms"> {
  readonly vms: () => readonly DoctorVm[];
  /** Other than all; for tests. */
  readonly hostChecks?: readonly Check<HostSight>[];
  readonly vmChecks?: readonly Check<VmSubject>[];
}

/** Both sights of one examination, for those who keep evidence. */
export interface Examination {
  readonly report: DoctorReport;
  readonly host: HostSight;
  readonly vms: readonly VmSight[];
}

/** Explains one host, or one VM's whole path. Looks, and changes nothing. */
export class Doctor {
  readonly #tools: DoctorTools;

  constructor(tools: DoctorTools) {
    this.#tools = tools;
  }

  /** Of the host with all its VMs, or of one VM with what of the host it stands on. VM_NOT_FOUND. */
  async examine(
    request: { readonly vmId?: VmId | undefined } = {},
    signal?: AbortSignal,
  ): Promise<DoctorReport> {
    return (await this.examineClosely(request, signal)).report;
  }

  /** The same with what was seen. */
  async examineClosely(
    { vmId }: { readonly vmId?: VmId | undefined } = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Examination> {
    const began = performance.now();
    const asked = this.#asked(vmId);
    const tools: HostTools = {
      ...this.#tools,
      knownVms: () => new Set(this.#tools.vms().map((vm) => vm.vmId)),
    };
    const first = await readHostSight(tools, signal);
    const probing = performance.now();
    const [probed, outside] = await Promise.all([
      this.#probe(asked, first, signal),
      askOutside(first, signal),
    ]);
    const probeMs = performance.now() - probing;
    const vms = this.#withoutEnded(probed);
    const again = await lookAgain(tools, first);
    const host = { ...again, probed: tallyWays(vms), ...(outside ? { outsideFromHost: outside } : {}) };
    const judged = [...this.#judge(host, vms), ...judgePathless(asked, host)];
    const report = reportOf({
      vmId,
      host,
      vms,
      judged,
      timing: { snapshotMs: first.tookMs, probeMs, totalMs: performance.now() - began },
    });
    return { report, host, vms };
  }

  #asked(vmId: VmId | undefined): readonly DoctorVm[] {
    const all = this.#tools.vms();
    // A VM that has failed is told by its state; of its path nothing is left, unless somebody asks for it.
    if (vmId === undefined)
      return all.filter((vm) => !isPathless(vm.state) && (vm.state !== "failed" || vm.live));
    const vm = all.find((one) => one.vmId === vmId);
    if (!vm) throw new BrowserVmError("VM_NOT_FOUND", `there is no VM ${vmId}`);
    return [vm];
  }

  async #probe(asked: readonly DoctorVm[], first: FirstLook, signal: AbortSignal): Promise<VmSight[]> {
    const { network } = this.#tools;
    using arp = openArp(first);
    const turns = new Semaphore(PROBES_AT_ONCE);
    const addresses = new Map(first.held.map(({ vmId, address }) => [vmId, address]));
    const sights = asked.map((vm) => {
      const address = addresses.get(vm.vmId);
      if (!address) return undefined;
      return turns.runExclusive(() => readVmSight(vm, address, { network, links: first.links, arp, signal }));
    });
    // Settled, not raced: nobody may still ask when the socket closes.
    return (await allSettled(sights)).filter((sight) => sight !== undefined);
  }

  /** A VM that was ended while we looked is no fault. */
  #withoutEnded(probed: readonly VmSight[]): VmSight[] {
    const states = new Map(this.#tools.vms().map(({ vmId, state }) => [vmId, state]));
    return probed.map((vm) => {
      const now = states.get(vm.vmId) ?? "stopped";
      return isPathless(now) ? { ...vm, state: now } : vm;
    });
  }

  #judge(host: HostSight, vms: readonly VmSight[]): Judged[] {
    const { hostChecks = HOST_CHECKS, vmChecks = VM_CHECKS } = this.#tools;
    const { at } = host;
    return [
      ...judge(hostChecks, host, { at }),
      ...vms.flatMap((vm) =>
        judge(vmChecks, { host, vm }, { at, vmId: vm.vmId, excuse: (check) => excuseOf(check, vm) }),
      ),
    ];
  }
}

/** A machine without a way out is no guest's fault. undefined: guests have none by design. */
async function askOutside({ plan }: FirstLook, signal: AbortSignal): Promise<TcpAnswer | undefined> {
  const { hasUplink, openTarget } = plan;
  if (!hasUplink || !openTarget) return undefined;
  return askTwice(() => tcpAnswer({ ip: openTarget.ip, patience: 1, signal }, openTarget.port), isCertain);
}

/** undefined: there is no bridge to ask on. */
function openArp({ bridge, target }: FirstLook): ArpSocket | undefined {
  if (!bridge) return undefined;
  return new ArpSocket({
    ifindex: bridge.index,
    sourceMac: target.bridge.mac,
    sourceIp: target.bridge.gateway,
  });
}

/** All results, when the last has ended; the first failure counts. */
async function allSettled<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** VMs that are asked for and hold no address. */
function judgePathless(asked: readonly DoctorVm[], { held, at }: HostSight): Judged[] {
  const withAddress = new Set(held.map(({ vmId }) => vmId));
  return asked
    .filter(({ vmId }) => !withAddress.has(vmId))
    .flatMap((vm) => judge([vmWithoutPath], vm, { at, vmId: vm.vmId }));
}
