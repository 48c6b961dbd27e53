import {
  BrowserVmError,
  type ClaimVm,
  type EgressPolicy,
  type EgressReport,
  type ErrorCode,
  egressDefault,
  hostRoutes,
  type ProxyCredentials,
  type Snapshot,
  type Vm,
  type VmId,
} from "@browservm/contract";
import type { FastifyInstance } from "fastify";
import type { FakeHost } from "./fake-host.ts";
import type { FakeMachine } from "./fake-machine.ts";

/** The part of the fake hostd that claims, pauses, resumes, forks and makes snapshots. */
export class FakeFreezer {
  /** Who has claimed each VM. */
  readonly claims = new Map<string, string>();
  /** Every request for a claim, as it came. */
  readonly claimed: { vmId: string; claim: string; environment?: Record<string, string> | undefined }[] = [];
  /** Where each VM may go. */
  readonly egress = new Map<string, EgressPolicy>();
  readonly forks: { from: string; id: VmId }[] = [];
  /** Claims of these VMs are refused; `*` is all. */
  readonly refuseClaim = new Map<string, ErrorCode>();
  /** Pausing is refused with this, and the VM goes on. */
  refusePause: ErrorCode | undefined;
  /** Makes pausing take so long, in milliseconds. */
  pauseMs = 0;
  /** Makes a claim take so long, in milliseconds. */
  claimMs = 0;
  refuseFork: ErrorCode | undefined;
  /** Drops the answer of the next claim after it was taken, as a crash would. */
  losesAnswer = false;
  readonly snapshots = new Map<string, Snapshot>();
  readonly #host: FakeHost;
  readonly #machine: FakeMachine;

  constructor(host: FakeHost, machine: FakeMachine) {
    this.#host = host;
    this.#machine = machine;
  }

  /** What was told of proxies since it began. */
  readonly proxyCredentials = new Map<string, ProxyCredentials>();
  /** The next policy is refused with this, and leaves the old one. */
  refuseEgress: ErrorCode | undefined;

  serve(app: FastifyInstance): void {
    app.put(hostRoutes.putProxyCredentials.path, async (request) => {
      this.proxyCredentials.set(idOf(request), hostRoutes.putProxyCredentials.body.parse(request.body));
      return {};
    });
    app.get(hostRoutes.vmEgress.path, async (request) => this.#report(idOf(request)));
    app.put(hostRoutes.setVmEgress.path, async (request) => {
      const { policy } = hostRoutes.setVmEgress.body.parse(request.body);
      if (this.refuseEgress) throw new BrowserVmError(this.refuseEgress, "refused");
      if (policy) this.egress.set(idOf(request), policy);
      else this.egress.delete(idOf(request));
      return this.#report(idOf(request));
    });
    app.post(hostRoutes.claimVm.path, async (request, reply) => {
      await new Promise((resolve) => setTimeout(resolve, this.claimMs));
      const vm = this.#claim(idOf(request), hostRoutes.claimVm.body.parse(request.body));
      if (!this.losesAnswer) return vm;
      this.losesAnswer = false;
      reply.raw.destroy();
      return reply.hijack();
    });
    app.post(hostRoutes.pauseVm.path, (request) => this.#pause(idOf(request)));
    app.post(hostRoutes.resumeVm.path, async (request, reply) =>
      reply.status(202).send(this.#resume(idOf(request))),
    );
    app.post(hostRoutes.forkVm.path, async (request, reply) =>
      reply.status(202).send(this.#fork(idOf(request), hostRoutes.forkVm.body.parse(request.body).id)),
    );
    app.get(hostRoutes.listSnapshots.path, async () => ({ data: [...this.snapshots.values()] }));
    app.post(hostRoutes.makeSnapshot.path, async (request, reply) =>
      reply.status(202).send(this.#makeSnapshot(hostRoutes.makeSnapshot.body.parse(request.body).image)),
    );
    app.delete(hostRoutes.removeSnapshot.path, async (request) => {
      const id = idOf(request);
      const known = this.snapshots.get(id);
      if (!known) throw new BrowserVmError("SNAPSHOT_NOT_FOUND", `there is no snapshot ${id}`);
      if (known.users > 0) throw new BrowserVmError("SNAPSHOT_IN_USE", `${known.users} VMs run from ${id}`);
      this.snapshots.delete(id);
      return {};
    });
  }

  #report(id: string): EgressReport {
    this.#host.vm(id);
    const policy = this.egress.get(id) ?? null;
    const none = { refused: { packets: 0, bytes: 0 }, learned: [], counts: {}, queries: [] };
    return { policy, default: policy ? egressDefault(policy) : "allow", inForce: true, ...none };
  }

  #claim(id: string, body: ClaimVm): Vm {
    const { claim, environment, egress } = body;
    this.claimed.push({ vmId: id, claim, environment });
    const vm = this.#host.vm(id);
    const owner = this.claims.get(id);
    if (owner !== undefined && owner !== claim) throw new BrowserVmError("VM_CLAIMED", `VM ${id} is taken`);
    if (vm.state !== "ready") throw new BrowserVmError("VM_NOT_READY", `VM ${id} is ${vm.state}`);
    const refusal = this.refuseClaim.get(id) ?? this.refuseClaim.get("*");
    if (refusal) throw new BrowserVmError(refusal, `refused: ${refusal}`);
    this.claims.set(id, claim);
    if (egress) this.egress.set(id, egress);
    return this.#change(vm, { claimedAt: new Date().toISOString() });
  }

  async #pause(id: string): Promise<Vm> {
    const vm = this.#host.vm(id);
    if (!this.#machine.canFreeze)
      throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", "VMs cannot be frozen here");
    if (vm.state !== "ready") throw new BrowserVmError("VM_NOT_READY", `VM ${id} is ${vm.state}`);
    this.#host.tell(id, "pausing");
    await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
    this.#host.vm(id);
    if (this.refusePause) {
      this.#host.tell(id, "ready");
      throw new BrowserVmError(this.refusePause, `refused: ${this.refusePause}`);
    }
    const paused = { at: new Date().toISOString(), sizeMib: 64, compressed: false };
    this.#change(this.#host.vm(id), { paused });
    this.#host.tell(id, "paused");
    return this.#host.vm(id);
  }

  #resume(id: string): Vm {
    const { paused, ...vm } = this.#host.vm(id);
    if (vm.state === "resuming") return this.#host.vm(id);
    if (vm.state !== "paused") throw new BrowserVmError("VM_NOT_PAUSED", `VM ${id} is ${vm.state}`);
    this.#host.vms.set(id, vm);
    this.#host.tell(id, "resuming");
    if (this.#host.isEager) {
      setImmediate(() => {
        if (this.#host.vms.has(id))
          for (const state of ["verifying", "ready"] as const) this.#host.tell(id, state);
      });
    }
    return this.#host.vm(id);
  }

  #fork(from: string, id: VmId): Vm {
    const source = this.#host.vm(from);
    if (this.refuseFork) throw new BrowserVmError(this.refuseFork, `refused: ${this.refuseFork}`);
    if (source.state !== "ready" && source.state !== "paused")
      throw new BrowserVmError("VM_NOT_READY", `VM ${from} is ${source.state}`);
    this.forks.push({ from, id });
    const { readyAt, provenAt, gate, paused, ...rest } = source;
    const fork: Vm = { ...rest, id, state: "creating", origin: "fork", createdAt: new Date().toISOString() };
    this.#host.vms.set(id, fork);
    this.#host.emit(id, "vm.state", { from: null, to: "creating" });
    if (this.#host.isEager) setImmediate(() => this.#host.tellStory(id));
    return fork;
  }

  #makeSnapshot(image: string): Snapshot {
    if (!this.#machine.images.has(image))
      throw new BrowserVmError("IMAGE_NOT_FOUND", `there is no image ${image}`);
    const id = `${image}-0123456789abcdef`;
    const made: Snapshot = this.snapshots.get(id) ?? {
      id,
      state: "building",
      image,
      imageId: this.#machine.imageIdOf(image),
      ...this.#machine.defaultsOf(image),
      diskMib: 1024,
      driver: "fake",
      vmm: "fake 1",
      cpu: "fake",
      accelerator: "none",
      step: "boot",
      users: 0,
      current: true,
    };
    this.snapshots.set(id, made);
    return made;
  }

  #change(vm: Vm, part: Partial<Vm>): Vm {
    const changed = { ...vm, ...part };
    this.#host.vms.set(vm.id, changed);
    return changed;
  }
}

const idOf = ({ params }: { params: unknown }): string => (params as { id: string }).id;
