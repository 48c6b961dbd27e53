import {
  BrowserVmError,
  type ClaimVm,
  type CreateVm,
  DEFAULT_DISPLAY,
  type EgressPolicy,
  type ForkVm,
  type Vm,
  VmId,
  type VmSpec,
} from "@browservm/contract";
import { Mutex, Semaphore } from "async-mutex";
import type { DoctorVm } from "../doctor/sight/doctor-vm.ts";
import { renderEnvironment } from "../image/index.ts";
import { findProcesses } from "../process/find-processes.ts";
import { killAll } from "../process/kill-all.ts";
import { doctorVm } from "./doctor-vm.ts";
import { forkedRecord } from "./fork/forked-record.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import { toVm, VmFile } from "./vm-file.ts";
import type { VmRecord } from "./vm-store.ts";
import { type Turns, VmStory } from "./vm-story.ts";

export interface ReadyVm {
  readonly vmId: VmId;
  readonly console: string;
  readonly live: LiveVm;
  readonly file: Pick<VmFile, "record" | "health">;
}

/** All VMs of this machine: what is asked of them, and which story it belongs to. */
export class VmService {
  readonly #deps: VmDeps;
  readonly #stories = new Map<VmId, VmStory>();
  readonly #creating = new Mutex();
  /** Policies are put in force one after the other, so that the last one asked for counts. */
  readonly #governing = new Mutex();
  readonly #turns: Turns;

  constructor(deps: VmDeps) {
    this.#deps = deps;
    const booting = new Semaphore(deps.launches);
    const [copying, restoring] = [new Semaphore(deps.restores), new Semaphore(deps.restores)];
    this.#turns = {
      boot: (work) => booting.runExclusive(work),
      copy: (work) => copying.runExclusive(work),
      restore: (work) => restoring.runExclusive(work),
    };
  }

  list(): Vm[] {
    return [...this.#stories.values()]
      .map((story) => this.#show(story))
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  get(id: VmId): Vm {
    return this.#show(this.#story(id));
  }

  /** The running VM behind `id`: VM_NOT_FOUND, VM_NOT_READY. */
  ready(id: VmId): LiveVm {
    return this.#story(id).ready;
  }

  /** The VM behind `id` for those who look into it, also before it is ready: VM_NOT_FOUND, VM_NOT_READY. */
  reachable(id: VmId): LiveVm {
    return this.#story(id).reachable;
  }

  /** Every VM, in any state, as the doctor asks about it. */
  underExamination(): DoctorVm[] {
    return [...this.#stories.values()].map(({ file, live, rest }) => ({
      ...doctorVm(this.#deps, file.record, live),
      // Held still for a moment: to the doctor that is no other state than on the way to a pause.
      ...(rest.isStill ? { state: "pausing" as const } : {}),
    }));
  }

  /** Those that are ready now and may be asked, with their console's file. */
  readyVms(): ReadyVm[] {
    return [...this.#stories.values()].flatMap(({ file, live, rest }) =>
      file.record.state === "ready" && live && !rest.isStill
        ? [{ vmId: file.record.id, console: this.#deps.places.of(file.record.id).console, live, file }]
        : [],
    );
  }

  /** The VM as `reachable` says, when its guest has the settings that it was handed out with. */
  async settled(id: VmId): Promise<LiveVm> {
    await this.#story(id).settled();
    return this.reachable(id);
  }

  /** Something that cannot be mended was seen of a running VM. One that is gone, or does not run yet, is left alone. */
  fail(id: VmId, error: BrowserVmError): void {
    this.#stories.get(id)?.failBy(error);
  }

  /** What was kept when the VM failed, as a tar; also after it is gone. VM_NOT_FOUND, EVIDENCE_NOT_FOUND. */
  async evidence(id: VmId): Promise<Uint8Array<ArrayBuffer>> {
    return this.#deps.failures.pack(id).catch((error) => {
      this.mustExist(id);
      throw error;
    });
  }

  /** Whether there is such a VM (its logs may be read in any state). VM_NOT_FOUND. */
  mustExist(id: VmId): void {
    this.#story(id);
  }

  /** Writes the VM down, reserves its address, and begins its launch. The same request twice makes one VM. */
  async create(request: CreateVm): Promise<Vm> {
    return this.#creating.runExclusive(async () => {
      const known = this.#stories.get(request.id);
      const { spec, record } = await this.#draft(request);
      if (known) return this.#sameOrConflict(known, spec);
      renderEnvironment(spec.environment);
      this.#deps.network.reserve(spec.id);
      const story = this.#write(record);
      story.launch(this.#turns);
      return this.#show(story);
    });
  }

  /** Writes the VM to disk and frees its memory; answers when it is paused. See `VmRest.pause`. */
  async pause(id: VmId): Promise<Vm> {
    const story = this.#story(id);
    await story.rest.pause();
    return this.#show(story);
  }

  /** Lets a paused VM go on, in the background. See `VmRest.resume`. */
  async wake(id: VmId): Promise<Vm> {
    const story = this.#story(id);
    await story.resume(this.#turns);
    return this.#show(story);
  }

  /** Hands a VM out. The choice waits for nothing, so that of two claims one comes first. See `claimVm`. */
  async claim(id: VmId, request: ClaimVm): Promise<Vm> {
    const story = this.#story(id);
    const wanted = request.egress ?? story.file.record.spec.egress;
    if (story.file.record.claim?.by !== request.claim) await this.#deps.proxies.check(id, wanted);
    story.claim(request);
    const { egress } = story.file.record.spec;
    // Before it is anybody's: nothing goes out in between that the policy forbids.
    if (egress) await this.#governing.runExclusive(() => this.#deps.network.setEgress(id, egress));
    return this.#show(story);
  }

  /**
   * Sets (undefined: ends) where the VM may go; settles when it is in force. Another proxy is checked before, and when
   * it is not well all stays as it was: VM_NOT_FOUND, FIREWALL_REFUSED, and the errors of proxies.
   */
  async setEgress(id: VmId, policy: EgressPolicy | undefined): Promise<void> {
    const isSame =
      JSON.stringify(this.#story(id).file.record.spec.egress?.proxy) === JSON.stringify(policy?.proxy);
    if (!isSame) await this.#deps.proxies.check(id, policy);
    await this.#governing.runExclusive(async () => {
      this.#story(id).file.egress(policy);
      await this.#deps.network.setEgress(id, policy);
    });
  }

  /** Makes a second VM from this one, in the background. The same request twice makes one. See `VmRest.requireForkable`. */
  async fork(sourceId: VmId, request: ForkVm): Promise<Vm> {
    return this.#creating.runExclusive(async () => {
      const source = this.#story(sourceId);
      const known = this.#stories.get(request.id);
      if (known?.file.record.forkOf === sourceId) return this.#show(known);
      if (known)
        throw new BrowserVmError("VM_CONFLICT", `VM ${request.id} exists and is no fork of ${sourceId}`);
      await source.rest.requireForkable();
      this.#deps.network.reserve(request.id);
      const story = this.#write(forkedRecord(this.#deps, source.file.record, request));
      story.launchFrom(source, this.#turns);
      return this.#show(story);
    });
  }

  /** Ends the VM and forgets it. VM_NOT_FOUND when it never was or is gone. */
  async remove(id: VmId, graceMs: number): Promise<void> {
    const story = this.#story(id);
    await story.end(graceMs);
    this.#deps.store.remove(id);
    this.#stories.delete(id);
  }

  /** After a start of hostd: takes every VM that was written down up again, and reclaims what belongs to none. */
  async resume(): Promise<void> {
    for (const record of this.#deps.store.list()) await this.#resumeOne(record);
    const alive = new Set(this.#stories.keys());
    const strangers = (await this.#deps.places.found()).filter((name) => {
      const id = VmId.safeParse(name);
      return !id.success || !alive.has(id.data);
    });
    // A VM that was to be frozen is written down nowhere; its VMM would hold its TAP for ever.
    for (const name of strangers) await killAll(await findProcesses(this.#deps.places.runDirOf(name)));
    const removed = await this.#deps.network.reclaim(alive);
    for (const name of strangers) {
      await this.#deps.places.clearUnknown(name);
      this.#deps.log.info({ name }, "files of no VM were removed");
    }
    if (removed.length > 0) this.#deps.log.info({ removed }, "network leftovers of no VM were removed");
  }

  /** hostd ends; VMs live on. */
  async detach(): Promise<void> {
    await Promise.all([...this.#stories.values()].map((story) => story.detach()));
  }

  async #resumeOne(record: VmRecord): Promise<void> {
    const story = new VmStory(this.#deps, new VmFile(record, this.#deps.store, this.#deps.events));
    this.#stories.set(record.id, story);
    if (record.state === "failed") return story.finishFailure();
    if (record.state === "stopping" || record.state === "stopped") return this.remove(record.id, 0);
    const isNew = record.state === "creating" || record.state === "restoring";
    if (isNew && record.forkOf) return story.failFork();
    if (isNew) return story.launchAgain(this.#turns);
    story.adopt();
  }

  async #draft(request: CreateVm): Promise<{ spec: VmSpec; record: VmRecord }> {
    const image = await this.#deps.images.find(request.image);
    const spec: VmSpec = {
      id: request.id,
      image: request.image,
      vcpus: request.vcpus ?? image.defaults.vcpus,
      memoryMib: request.memoryMib ?? image.defaults.memoryMib,
      diskMib: request.diskMib ?? image.defaults.diskMib,
      display: request.display ?? DEFAULT_DISPLAY,
      environment: request.environment ?? {},
      keepFailed: request.keepFailed ?? false,
      start: request.start ?? "auto",
      ...(request.egress ? { egress: request.egress } : {}),
    };
    const { driver, accelerator, netns } = this.#deps;
    const record: VmRecord = {
      id: spec.id,
      spec,
      state: "creating",
      imageId: image.id,
      hasBrowser: image.hasBrowser,
      driver: driver.name,
      accelerator,
      netns,
      createdAt: new Date().toISOString(),
      steps: [],
    };
    return { spec, record };
  }

  #write(record: VmRecord): VmStory {
    const { store, events } = this.#deps;
    store.save(record);
    const story = new VmStory(this.#deps, new VmFile(record, store, events));
    this.#stories.set(record.id, story);
    events.append(record.id, "vm.state", { from: null, to: "creating" });
    return story;
  }

  #sameOrConflict(story: VmStory, spec: VmSpec): Vm {
    if (JSON.stringify(story.file.record.spec) !== JSON.stringify(spec)) {
      throw new BrowserVmError("VM_CONFLICT", `VM ${spec.id} exists with other settings`);
    }
    return this.#show(story);
  }

  #story(id: VmId): VmStory {
    const story = this.#stories.get(id);
    if (!story) throw new BrowserVmError("VM_NOT_FOUND", `there is no VM ${id}`);
    return story;
  }

  #show(story: VmStory): Vm {
    return toVm(story.file.record, this.#deps.network.addressOf(story.file.record.id));
  }
}
