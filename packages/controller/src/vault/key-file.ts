import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import type { KeyKeeper } from "./key-source.ts";
import { KEY_BYTES } from "./seal.ts";

const MAX_BYTES = 65_536;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A file of mode 0600 that is our own. */
export class KeyFile implements KeyKeeper {
  readonly kind = "file";
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Buffer | undefined> {
    const file = await this.#open();
    if (!file) return undefined;
    try {
      await this.#check(file);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async make(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const part = await this.#writePart(freshLine(1));
    try {
      // Unlike a rename this never takes the place of a key that another controller has made.
      await link(part, this.#path);
      await this.#syncDirectory();
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw this.#unusable(error);
    } finally {
      await rm(part, { force: true });
    }
  }

  async add(version: number): Promise<void> {
    const now = (await this.read()) ?? Buffer.alloc(0);
    if (linesOf(now).some((line) => versionOf(line) === version)) return;
    await this.#replace(Buffer.concat([now, NEW_LINE, freshLine(version)]));
  }

  async dropBefore(version: number): Promise<void> {
    const now = (await this.read()) ?? Buffer.alloc(0);
    const lines = linesOf(now).filter((line) => versionOf(line) >= version);
    await this.#replace(Buffer.from(`${lines.join("\n")}\n`, "latin1"));
  }

  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (isCode(error, "ENOENT")) return undefined;
      throw this.#unusable(error);
    }
  }

  async #check(file: FileHandle): Promise<void> {
    const { mode, uid, size } = await file.stat();
    const refuse = (why: string) =>
      new BrowserVmError("VAULT_KEY_UNUSABLE", `the master key's file ${why}`, { path: this.#path });
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse("is no regular file");
    if ((mode & 0o077) !== 0) throw refuse("may be read by others: its mode must be 0600");
    if (uid !== process.getuid?.() && uid !== 0) throw refuse("belongs to another user");
    if (size > MAX_BYTES) throw refuse(`is larger than ${MAX_BYTES} bytes`);
  }

  async #replace(text: Buffer): Promise<void> {
    const part = await this.#writePart(text);
    await rename(part, this.#path);
    await this.#syncDirectory();
  }

  async #writePart(text: Buffer): Promise<string> {
    const part = `${this.#path}.${randomBytes(8).toString("hex")}.part`;
    const file = await open(part, "wx", 0o600).catch((error: unknown) => {
      throw this.#unusable(error);
    });
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      text.fill(0);
      await file.close();
    }
    return part;
  }

  async #syncDirectory(): Promise<void> {
    await using directory = await open(dirname(this.#path), O_RDONLY);
    await directory.sync();
  }

  #unusable(error: unknown): BrowserVmError {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const details = { path: this.#path, errno: code };
    return new BrowserVmError("VAULT_KEY_UNUSABLE", `the master key's file: ${code}`, details);
  }
}

const NEW_LINE = Buffer.from("\n");

const linesOf = (text: Buffer): string[] => text.toString("latin1").split("\n");

const freshLine = (version: number) =>
  Buffer.from(`${version}:${randomBytes(KEY_BYTES).toString("base64")}\n`, "latin1");

/** Remarks stay; a key without a version is the first. */
function versionOf(line: string): number {
  if (line.trim() === "") return -1;
  if (line.trim().startsWith("#")) return Number.POSITIVE_INFINITY;
  return Number(/^\s*(\d+):/.exec(line)?.[1] ?? 1);
}

const isCode = (error: unknown, code: string) =>
  error instanceof Error && "code" in error && error.code === code;
