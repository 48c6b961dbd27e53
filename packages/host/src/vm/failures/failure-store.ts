import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, type VmId } from "@browservm/contract";
import { packTar } from "modern-tar";

/** A bundle has a handful of files; none is cut smaller than what explains a failure. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_BUNDLES = 200;
const DAY_MS = 86_400_000;

export interface FailureStoreOptions {
  readonly directory: string;
  /** 0: nothing is kept. */
  readonly days: number;
  /** Milliseconds since the epoch; tests bring their own. */
  readonly now?: () => number;
}

/** What was kept of VMs that failed: one directory of text files for each, readable by root alone. */
export class FailureStore {
  readonly #directory: string;
  readonly #days: number;
  readonly #now: () => number;

  constructor({ directory, days, now = Date.now }: FailureStoreOptions) {
    this.#directory = directory;
    this.#days = days;
    this.#now = now;
  }

  /** Whether anything is kept at all. */
  get isOn(): boolean {
    return this.#days > 0;
  }

  /** Keeps these files (name → text, each cut at its end's last MiB); all of them are there, or none. */
  async keep(vmId: VmId, files: ReadonlyMap<string, string>): Promise<void> {
    if (!this.isOn) return;
    const half = join(this.#directory, `.${vmId}`);
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o700 });
    for (const [name, text] of files) await writeFile(join(half, name), lastBytes(text), { mode: 0o600 });
    await rm(this.#place(vmId), { recursive: true, force: true });
    await rename(half, this.#place(vmId));
  }

  /** All files of one VM as a tar. EVIDENCE_NOT_FOUND. */
  async pack(vmId: VmId): Promise<Uint8Array<ArrayBuffer>> {
    const names = await readdir(this.#place(vmId)).catch(() => []);
    if (names.length === 0) throw new BrowserVmError("EVIDENCE_NOT_FOUND", `nothing was kept of VM ${vmId}`);
    const mtime = new Date((await stat(this.#place(vmId))).mtimeMs);
    const entries = await Promise.all(
      names.toSorted().map(async (name) => {
        const body = await readFile(join(this.#place(vmId), name));
        return { header: { name: `${vmId}/${name}`, size: body.length, mode: 0o600, mtime }, body };
      }),
    );
    return packTar(entries);
  }

  /** Forgets what is older than the days that it is kept for, and the oldest of too many. */
  async prune(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []); // nothing was ever kept
    const aged = await Promise.all(names.map(async (name) => ({ name, at: await this.#ageOf(name) })));
    const oldest = this.#now() - this.#days * DAY_MS;
    const newestFirst = aged.toSorted((a, b) => b.at - a.at);
    const gone = newestFirst.filter(({ at }, index) => at <= oldest || index >= MAX_BUNDLES);
    for (const { name } of gone) await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  async #ageOf(name: string): Promise<number> {
    return (await stat(join(this.#directory, name))).mtimeMs;
  }

  #place(vmId: VmId): string {
    return join(this.#directory, vmId);
  }
}

function lastBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_FILE_BYTES ? bytes : bytes.subarray(-MAX_FILE_BYTES);
}
