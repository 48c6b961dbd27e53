import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { damaged } from "./seal-stream.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const NAME = /^prf_[a-z0-9]{20}\.[0-9a-f-]{36}$/;
const DRAFT = ".tmp";
/** Left free for the database beside it. */
const RESERVE_BYTES = 64 * 1_048_576;

/** A file that is being written; it has its name when it is kept. */
export interface Draft extends AsyncDisposable {
  readonly name: string;
  readonly file: FileHandle;
  /** Durable from now on, with its name. Not referred to by anything yet. */
  keep(): Promise<void>;
}

/** The sealed files of profiles. Each version is a file with a name of its own, so no version is ever written over. */
export class ProfileFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** DISK_FULL when so much does certainly not fit. */
  async requireSpace(bytes: number): Promise<void> {
    await this.#make();
    const { bavail, bsize } = await statfs(this.#directory);
    const free = bavail * bsize - RESERVE_BYTES;
    if (free < bytes) throw full({ free, needed: bytes });
  }

  async draft(profileId: string): Promise<Draft> {
    await this.#make();
    const name = `${profileId}.${randomUUID()}`;
    const path = join(this.#directory, `${name}${DRAFT}`);
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    return {
      name,
      file,
      keep: async () => {
        await file.sync();
        await rename(path, join(this.#directory, name));
        await using directory = await open(this.#directory, O_RDONLY);
        await directory.sync();
      },
      [Symbol.asyncDispose]: async () => {
        await file.close();
        await rm(path, { force: true });
      },
    };
  }

  /** PROFILE_DAMAGED when it is not there. */
  async open(name: string): Promise<FileHandle> {
    try {
      return await open(join(this.#directory, checked(name)), O_RDONLY | O_NOFOLLOW);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw damaged();
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#directory, checked(name)), { force: true });
  }

  /**
   * Removes what a crash has left: files that nothing refers to and that nobody has written to since `before` (ms since
   * the epoch). Answers how many.
   */
  async sweep(
    isKnown: (names: readonly string[]) => Promise<ReadonlySet<string>>,
    before: number,
  ): Promise<number> {
    const names = (await readdir(this.#directory).catch(unlessMissing)) ?? [];
    const ours = names.filter((name) => NAME.test(name.replace(/\.tmp$/, "")));
    const old: string[] = [];
    for (const name of ours) {
      const found = await stat(join(this.#directory, name)).catch(unlessMissing);
      if (found && found.mtimeMs < before) old.push(name);
    }
    // Asked after they were listed: what is kept meanwhile is known.
    const known = await isKnown(old);
    const left = old.filter((name) => !known.has(name));
    for (const name of left) await rm(join(this.#directory, name), { force: true });
    return left.length;
  }

  async #make(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }
}

/** ENOSPC, and what else means that, as DISK_FULL; passes any other error through. */
export function inWordsOfDisks(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" ? full({}, error) : error;
}

const full = (details: Record<string, number>, cause?: unknown) =>
  new BrowserVmError("DISK_FULL", "there is no space left for the profile", details, { cause });

/** Names come from the database, which others may have written in. */
function checked(name: string): string {
  if (!NAME.test(name)) throw damaged();
  return name;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
