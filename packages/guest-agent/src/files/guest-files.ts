import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { chown, type FileHandle, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import type { GuestResult } from "@browservm/contract/guest/calls";
import { BROWSER_USER } from "../browser-user.ts";

interface Chunk {
  readonly path: string;
  readonly offset: number;
  readonly data: string;
  readonly done?:
    | { readonly mode: number; readonly sha256: string; readonly owner: "browser" | "root" }
    | undefined;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** One chunk of a file that the host writes. It appears under its name whole, or not at all. */
export async function putChunk(chunk: Chunk): Promise<GuestResult<"files.put">> {
  const path = checkPath(chunk.path);
  const part = join(dirname(path), `.${basename(path)}.browservm-part`);
  if (chunk.offset === 0) await beginPart(path, part, chunk.done?.owner);
  // Never through a link: the directory may belong to the browser's user, and we are root.
  const isNew = chunk.offset === 0 ? O_CREAT | O_EXCL : 0;
  const file = await open(part, O_RDWR | O_NOFOLLOW | isNew, 0o600);
  try {
    const size = await append(file, chunk);
    if (chunk.done) await finish(file, { part, path, done: chunk.done });
    return { size };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** One piece of a regular file. */
export async function getChunk(
  path: string,
  offset: number,
  length: number,
): Promise<GuestResult<"files.get">> {
  // Without O_NONBLOCK a FIFO would hold us for ever.
  const file = await open(checkPath(path), O_RDONLY | O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("that is not a regular file");
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    const eof = bytesRead === 0 || offset + bytesRead >= found.size;
    return { data: buffer.subarray(0, bytesRead).toString("base64"), size: found.size, eof };
  } finally {
    await file.close();
  }
}

async function beginPart(path: string, part: string, owner: "browser" | "root" | undefined): Promise<void> {
  const directory = dirname(path);
  const made = await mkdir(directory, { recursive: true });
  if (isOfBrowserUser(path)) {
    // A link planted in the home must not lead root's hand out of it.
    if (!isOfBrowserUser(join(await realpath(directory), basename(path))))
      throw new Error("the directory leads out of the user's home");
    if (made && owner !== "root") await chownDown(made, directory);
  }
  await rm(part, { force: true });
}

/** Gives the directories from `top` down to `bottom` to the browser's user. */
async function chownDown(top: string, bottom: string): Promise<void> {
  for (let at = bottom; at.length >= top.length; at = dirname(at)) {
    await chown(at, BROWSER_USER.uid, BROWSER_USER.gid);
  }
}

async function append(file: FileHandle, { offset, data }: Chunk): Promise<number> {
  const bytes = Buffer.from(data, "base64");
  const { size } = await file.stat();
  if (size !== offset) throw new Error(`the chunk begins at ${offset}, but ${size} bytes are there`);
  await file.write(bytes, 0, bytes.length, offset);
  return size + bytes.length;
}

async function finish(
  file: FileHandle,
  { part, path, done }: { part: string; path: string; done: NonNullable<Chunk["done"]> },
): Promise<void> {
  const hash = createHash("sha256");
  for await (const bytes of file.createReadStream({ start: 0, autoClose: false })) hash.update(bytes);
  if (hash.digest("hex") !== done.sha256) throw new Error("the sha256 of what arrived is another one");
  const { uid, gid } = done.owner === "browser" ? BROWSER_USER : { uid: 0, gid: 0 };
  if (process.getuid?.() === 0) await file.chown(uid, gid);
  await file.chmod(done.mode);
  await rename(part, path);
}

/** Absolute, without `..` and NUL. */
export function checkPath(path: string): string {
  if (!isAbsolute(path) || path.includes("\0") || path.endsWith("/") || normalize(path) !== path)
    throw new Error("the path must be absolute and without `..`");
  return path;
}

const isOfBrowserUser = (path: string) => path.startsWith(`${BROWSER_USER.home}/`);
