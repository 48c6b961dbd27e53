import {
  BrowserVmError,
  type Config,
  HOST_SUBJECT,
  type Progress,
  type Reason,
  type Snapshot,
  type SnapshotRequest,
  toBrowserVmError,
} from "@browservm/contract";
import type { DoctorVm } from "../../doctor/sight/doctor-vm.ts";
import type { Image } from "../../image/image.ts";
import type {
  GoldenSnapshot,
  SnapshotBasis,
  SnapshotShape,
  SnapshotStore,
} from "../../image/snapshot/snapshot.ts";
import { snapshotIdOf } from "../../image/snapshot/snapshot-id.ts";
import { doctorVm } from "../doctor-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { buildGolden } from "./build-golden.ts";
import type { Golden } from "./golden.ts";

/** After a build that failed, VMs boot for this long before it is tried again by itself. */
const TRY_AGAIN_MS = 600_000;

interface Build {
  readonly basis: SnapshotBasis;
  readonly made: Promise<GoldenSnapshot>;
  step: string;
  vm?: VmRecord;
}

interface Failure {
  readonly basis: SnapshotBasis;
  readonly reason: Reason;
  readonly at: number;
}

export interface GoldenDeskParts {
  /** Looked up late: the story of a VM and that of its snapshot need each other. */
  readonly deps: () => VmDeps;
  readonly store: SnapshotStore;
  readonly settings: Config["snapshots"];
  /** Milliseconds since the epoch; tests bring their own. */
  readonly now?: () => number;
}

/** Makes golden snapshots when they are wanted, one build for all who wait, and keeps few of them. */
export class GoldenDesk implements Golden {
  readonly #parts: GoldenDeskParts;
  readonly #now: () => number;
  readonly #builds = new Map<string, Build>();
  readonly #failures = new Map<string, Failure>();
  /** Contents are read once in the life of a hostd, sizes at every start. */
  readonly #verified = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(parts: GoldenDeskParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  get #deps(): VmDeps {
    return this.#parts.deps();
  }

  usable(): { usable: boolean; reason: string } {
    const { driver } = this.#deps;
    if (this.#parts.settings.use === "never")
      return { usable: false, reason: "`snapshots.use` is `never`: every VM boots" };
    if (!driver.features.snapshots) return { usable: false, reason: `${driver.name} cannot freeze VMs here` };
    return { usable: true, reason: `${driver.name} restores VMs from an image that was booted once` };
  }

  async forVm(
    progress: Progress,
    { spec, imageId }: Pick<VmRecord, "spec" | "imageId">,
  ): Promise<GoldenSnapshot | undefined> {
    if (spec.start === "boot") return undefined;
    const { usable, reason } = this.usable();
    if (!usable) {
      if (spec.start === "auto") return undefined;
      throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", reason, { why: reason });
    }
    progress.step("snapshot");
    const image = await this.#deps.images.find(imageId);
    const { vcpus, memoryMib, diskMib } = spec;
    const basis = await this.#basisOf(image, { vcpus, memoryMib, diskMib });
    const known = await this.#trusted(basis);
    if (known) return known;
    // Of other sizes there may be very many: one is made only for who insists.
    if (spec.start === "auto" && (!isDefaultShape(image, spec) || this.#failedLately(basis)))
      return undefined;
    return this.#madeFor(progress, spec.start, this.#build(basis, image));
  }

  async distrust({ id, basis }: GoldenSnapshot, why: Error): Promise<void> {
    await this.#discard(id, why);
    // Made anew at once it might be refused again, for every VM that comes.
    this.#failures.set(id, { basis, reason: reasonOf(why, "restore"), at: this.#now() });
  }

  async #discard(id: string, why: Error): Promise<void> {
    this.#deps.log.warn({ snapshotId: id, err: why }, "a golden snapshot is not used any more");
    // One that VMs run from stays until they are gone; the next build takes its place anyway.
    await this.remove(id).catch(() => {});
    this.#verified.set(id, Promise.reject(why));
    this.#verified.get(id)?.catch(() => {}); // told to whoever wants it
  }

  async list(): Promise<Snapshot[]> {
    const { store } = this.#parts;
    const ready = await Promise.all(
      (await store.list())
        .filter(({ id }) => !this.#builds.has(id))
        .map(async (snapshot) => ({
          ...describe(snapshot.id, snapshot.basis, "ready"),
          madeAt: snapshot.madeAt,
          buildMs: snapshot.buildMs,
          sizeMib: snapshot.sizeMib,
          users: (await store.users(snapshot.id)).length,
          current: await this.#isCurrent(snapshot),
        })),
    );
    const building = [...this.#builds].map(([id, { basis, step }]) => ({
      ...describe(id, basis, "building"),
      step,
    }));
    const failed = [...this.#failures]
      .filter(([id]) => !this.#builds.has(id) && !ready.some((one) => one.id === id))
      .map(([id, { basis, reason }]) => ({ ...describe(id, basis, "failed"), reason }));
    return [...building, ...ready, ...failed];
  }

  async make(request: SnapshotRequest): Promise<Snapshot> {
    const { usable, reason } = this.usable();
    if (!usable) throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", reason, { why: reason });
    const image = await this.#deps.images.find(request.image);
    const { vcpus, memoryMib, diskMib } = { ...image.defaults, ...withoutUndefined(request) };
    const basis = await this.#basisOf(image, { vcpus, memoryMib, diskMib });
    if (!(await this.#trusted(basis))) this.#build(basis, image).made.catch(() => {}); // told by its state
    const id = snapshotIdOf(basis);
    const made = (await this.list()).find((one) => one.id === id);
    if (!made) throw new Error(`${id} is neither there nor under construction`);
    return made;
  }

  async remove(id: string): Promise<void> {
    const known = (await this.#parts.store.list()).find((one) => one.id === id);
    await this.#parts.store.remove(id);
    this.#verified.delete(id);
    this.#failures.delete(id);
    if (known) this.#deps.driver.forget?.(known.frozen);
  }

  underConstruction(): DoctorVm[] {
    return [...this.#builds.values()].flatMap(({ vm }) => (vm ? [doctorVm(this.#deps, vm, undefined)] : []));
  }

  /** At the start of hostd: clears what a dead one left, and reads what will be wanted first. */
  async start(): Promise<void> {
    await this.#parts.store.sweep();
    if (!this.usable().usable) return;
    for (const image of await this.#deps.images.list()) {
      const basis = await this.#basisOf(image, image.defaults);
      // Whether it is in order is told to the first who wants it.
      void this.#warm(basis).catch(() => {});
    }
  }

  /** Ends builds under way; settles when nothing of them is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new BrowserVmError("CANCELLED", "hostd ends"));
    await Promise.allSettled([...this.#builds.values()].map(({ made }) => made));
  }

  async #basisOf(image: Image, { vcpus, memoryMib, diskMib }: SnapshotShape): Promise<SnapshotBasis> {
    const { driver, accelerator, network } = this.#deps;
    return {
      image: image.name,
      imageId: image.id,
      shape: { vcpus, memoryMib, diskMib },
      driver: driver.name,
      accelerator,
      frozenBy: await driver.frozenBy(accelerator),
      mtu: network.plan.mtu,
    };
  }

  /** The snapshot on this basis, if it is there and is what was frozen. A damaged one is as good as none. */
  async #trusted(basis: SnapshotBasis): Promise<GoldenSnapshot | undefined> {
    const id = snapshotIdOf(basis);
    try {
      const found = await this.#parts.store.find(basis);
      if (!found) return undefined;
      const verified = this.#verified.get(id) ?? this.#parts.store.verify(id, this.#ending.signal);
      this.#verified.set(id, verified);
      await verified;
      return found;
    } catch (error) {
      this.#ending.signal.throwIfAborted();
      await this.#discard(id, toBrowserVmError(error));
      return undefined;
    }
  }

  async #warm(basis: SnapshotBasis): Promise<void> {
    const snapshot = await this.#trusted(basis);
    const progress = { signal: this.#ending.signal, step: () => {}, note: () => {} };
    if (snapshot) await this.#deps.driver.warm?.(progress, snapshot.frozen);
  }

  #failedLately(basis: SnapshotBasis): boolean {
    const failure = this.#failures.get(snapshotIdOf(basis));
    return failure !== undefined && this.#now() - failure.at < TRY_AGAIN_MS;
  }

  /** The build under way on this basis, or one that begins now. */
  #build(basis: SnapshotBasis, image: Image): Build {
    const id = snapshotIdOf(basis);
    const running = this.#builds.get(id);
    if (running) return running;
    const build: Build = {
      basis,
      step: "image",
      made: Promise.resolve().then(() => this.#run(id, build, image)),
    };
    this.#builds.set(id, build);
    this.#failures.delete(id);
    this.#tell(id, "building");
    return build;
  }

  async #run(id: string, build: Build, image: Image): Promise<GoldenSnapshot> {
    const { store } = this.#parts;
    const step = (name: string) => {
      build.step = name;
      this.#tell(id, "building", { step: name });
    };
    const onVm = (vm: VmRecord) => {
      build.vm = vm;
    };
    try {
      await using draft = await store.draft(build.basis);
      const progress = { signal: this.#ending.signal, step, note: () => {} };
      const made = await buildGolden(this.#deps, progress, draft, { basis: build.basis, image, onVm });
      this.#verified.set(id, Promise.resolve());
      this.#tell(id, "ready");
      await this.#prune(id);
      return made;
    } catch (error) {
      const reason = reasonOf(error, build.step);
      this.#deps.log.warn({ snapshotId: id, err: error, step: build.step }, "a golden snapshot was not made");
      this.#failures.set(id, { basis: build.basis, reason, at: this.#now() });
      this.#tell(id, "failed", { reason });
      throw error;
    } finally {
      this.#builds.delete(id);
    }
  }

  async #madeFor(
    { signal }: Progress,
    start: "auto" | "restore",
    { made, basis }: Build,
  ): Promise<GoldenSnapshot | undefined> {
    const cancelled = Promise.withResolvers<never>();
    const cancel = () => cancelled.reject(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await Promise.race([made, cancelled.promise]);
    } catch (cause) {
      signal.throwIfAborted();
      if (start === "auto") return undefined;
      const { message } = toBrowserVmError(cause);
      throw new BrowserVmError("SNAPSHOT_FAILED", message, { id: snapshotIdOf(basis) }, { cause });
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  /** The longest unused go first; those in use stay. */
  async #prune(fresh: string): Promise<void> {
    const { store, settings } = this.#parts;
    const others = (await store.list()).filter(({ id }) => id !== fresh);
    for (const { id } of others.slice(settings.keep - 1)) await this.remove(id).catch(() => {});
  }

  async #isCurrent({ basis, id }: GoldenSnapshot): Promise<boolean> {
    const image = await this.#deps.images.find(basis.image).catch(() => undefined); // it was removed
    return image !== undefined && snapshotIdOf(await this.#basisOf(image, basis.shape)) === id;
  }

  #tell(id: string, state: Snapshot["state"], more: Record<string, unknown> = {}): void {
    this.#deps.events.append(HOST_SUBJECT, "snapshot.state", { id, state, ...more });
  }
}

/** Why, with the step at which it happened. */
function reasonOf(error: unknown, step: string): Reason {
  const { code, message, fix } = toBrowserVmError(error);
  return { code, message: `${step}: ${message}`, fix };
}

const isDefaultShape = ({ defaults }: Image, { vcpus, memoryMib, diskMib }: SnapshotShape): boolean =>
  defaults.vcpus === vcpus && defaults.memoryMib === memoryMib && defaults.diskMib === diskMib;

function withoutUndefined({ vcpus, memoryMib, diskMib }: SnapshotRequest): Partial<SnapshotShape> {
  return {
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memoryMib === undefined ? {} : { memoryMib }),
    ...(diskMib === undefined ? {} : { diskMib }),
  };
}

function describe(id: string, basis: SnapshotBasis, state: Snapshot["state"]): Snapshot {
  const { image, imageId, shape, driver, accelerator, frozenBy } = basis;
  const { vmm, cpu } = frozenBy;
  return { id, state, image, imageId, ...shape, driver, vmm, cpu, accelerator, users: 0, current: true };
}
