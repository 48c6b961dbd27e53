import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, type Config, paths, SnapshotId } from "@browservm/contract";
import { diskFull } from "../../files/disk-full.ts";
import { syncDirectory, syncFile } from "../../files/lasting.ts";
import { Pins } from "../store/pins.ts";
import type { GoldenSnapshot, SnapshotBasis, SnapshotDraft, SnapshotStore } from "./snapshot.ts";
import { snapshotIdOf } from "./snapshot-id.ts";
import {
  checkContents,
  checkSizes,
  describeFiles,
  PLACES,
  RECORD_FILE,
  readRecord,
  SnapshotRecord,
  toSnapshot,
} from "./snapshot-record.ts";

const DRAFT = ".draft-";
const DOOMED = ".removed-";

/** The snapshots under `stateDir/snapshots`, each a directory named by its id. */
export function openSnapshotStore(config: Pick<Config, "stateDir" | "runDir">): SnapshotStore {
  return new FileSnapshotStore(paths(config).snapshots);
}

class FileSnapshotStore implements SnapshotStore {
  readonly #root: string;
  readonly #pins: Pins;

  constructor(root: string) {
    this.#root = root;
    this.#pins = new Pins(join(root, ".pins"));
  }

  async list(): Promise<readonly GoldenSnapshot[]> {
    const found = await Promise.all(
      (await this.#ids()).map(async (id) => ({
        usedAt: (await stat(this.#directory(id)).catch(() => undefined))?.mtimeMs ?? 0,
        snapshot: await this.#load(id).catch(() => undefined), // damaged or just removed
      })),
    );
    return found.sort((a, b) => b.usedAt - a.usedAt).flatMap(({ snapshot }) => (snapshot ? [snapshot] : []));
  }

  async find(basis: SnapshotBasis): Promise<GoldenSnapshot | undefined> {
    const id = snapshotIdOf(basis);
    return (await this.#exists(id)) ? this.#load(id) : undefined;
  }

  async verify(id: string, signal?: AbortSignal): Promise<void> {
    const directory = await this.#mustExist(id);
    const record = await readRecord(directory, id);
    await checkSizes(directory, record);
    await checkContents(directory, record, signal);
  }

  async draft(basis: SnapshotBasis): Promise<SnapshotDraft> {
    const id = snapshotIdOf(basis);
    await mkdir(this.#root, { recursive: true, mode: 0o755 });
    const directory = await mkdtemp(join(this.#root, `${DRAFT}${id}-`));
    await chmod(directory, 0o755);
    await mkdir(join(directory, PLACES.frozen), { mode: 0o755 });
    return {
      frozen: join(directory, PLACES.frozen),
      overlay: join(directory, PLACES.overlay),
      commit: (made) => this.#commit(directory, { id, basis, ...made }),
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
    };
  }

  /** First the pin, then the look: a removal in between sees the one or is seen by the other. */
  async pin(id: string, vmId: string): Promise<void> {
    await this.#pins.add(id, vmId);
    try {
      const now = new Date();
      await utimes(await this.#mustExist(id), now, now);
    } catch (error) {
      await this.#pins.remove(vmId);
      throw error;
    }
  }

  unpin(vmId: string): Promise<void> {
    return this.#pins.remove(vmId);
  }

  users(id: string): Promise<readonly string[]> {
    return this.#pins.of(id);
  }

  async remove(id: string): Promise<void> {
    const directory = await this.#mustExist(id);
    await this.#refuseWhenPinned(id);
    const doomed = join(this.#root, `${DOOMED}${id}`);
    await rm(doomed, { recursive: true, force: true });
    await rename(directory, doomed);
    try {
      await this.#refuseWhenPinned(id);
    } catch (error) {
      await rename(doomed, directory);
      throw error;
    }
    await rm(doomed, { recursive: true, force: true });
  }

  async sweep(): Promise<void> {
    const names = await readdir(this.#root).catch(() => []); // no directory, nothing to sweep
    for (const name of names.filter((one) => one.startsWith(DRAFT) || one.startsWith(DOOMED)))
      await rm(join(this.#root, name), { recursive: true, force: true });
  }

  async #commit(
    draft: string,
    made: Pick<SnapshotRecord, "id" | "basis" | "buildMs">,
  ): Promise<GoldenSnapshot> {
    const target = this.#directory(made.id);
    try {
      const { files, sizeMib } = await describeFiles(draft);
      const madeAt = new Date().toISOString();
      const record = SnapshotRecord.parse({ version: 1, ...made, madeAt, sizeMib, files });
      for (const name of Object.keys(files)) {
        await chmod(join(draft, name), 0o444);
        await syncFile(join(draft, name));
      }
      await writeFile(join(draft, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o444 });
      await syncFile(join(draft, RECORD_FILE));
      await syncDirectory(join(draft, PLACES.frozen));
      await syncDirectory(draft);
      // One that is there was found damaged, or nobody would have made this one.
      await rm(target, { recursive: true, force: true });
      await rename(draft, target);
      await syncDirectory(this.#root);
      return toSnapshot(target, record);
    } catch (error) {
      throw diskFull(error, draft);
    }
  }

  async #refuseWhenPinned(id: string): Promise<void> {
    const vms = await this.#pins.of(id);
    if (vms.length > 0)
      throw new BrowserVmError("SNAPSHOT_IN_USE", `${id} is in use by ${vms.join(", ")}`, { id, vms });
  }

  async #load(id: string): Promise<GoldenSnapshot> {
    const directory = this.#directory(id);
    const record = await readRecord(directory, id);
    await checkSizes(directory, record);
    return toSnapshot(directory, record);
  }

  async #ids(): Promise<readonly string[]> {
    const names = await readdir(this.#root).catch(() => []); // none was made yet
    return names.filter((name) => SnapshotId.safeParse(name).success);
  }

  async #mustExist(id: string): Promise<string> {
    if (SnapshotId.safeParse(id).success && (await this.#exists(id))) return this.#directory(id);
    throw new BrowserVmError("SNAPSHOT_NOT_FOUND", `there is no snapshot ${id}`, { id });
  }

  #exists(id: string): Promise<boolean> {
    return stat(this.#directory(id)).then(
      () => true,
      () => false,
    );
  }

  #directory(id: string): string {
    return join(this.#root, id);
  }
}
