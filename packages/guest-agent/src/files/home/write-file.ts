import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, opendir, rename, rm, statfs } from "node:fs/promises";
import { extname } from "node:path";
import { FileFault } from "./file-fault.ts";
import type { FileOrders } from "./file-orders.ts";
import { openBelow, placeOf, within } from "./open-below.ts";

export interface WriteRequest extends Pick<FileOrders, "home" | "path" | "ifExists" | "size"> {
  readonly body: AsyncIterable<Uint8Array>;
  /** Asked when the body has ended: whether that was its end, and no broken connection. */
  readonly isWhole: () => Promise<boolean>;
}

/** Where files are written before they have their name, out of sight and on the same file system. */
const DRAFTS = [".cache", "browservm-uploads"];
/** One that nobody has written to for so long was left by a machine that stopped. */
const STALE_MS = 3_600_000;
/** What a write leaves free, for a browser without any space does nothing more. */
const RESERVE_BYTES = 16 * 1_048_576;
const MOST_NAMES = 100;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Writes a file below the home; it has its name when all of it is there. Answers the path that it got. */
export async function writeFile(request: WriteRequest): Promise<{ path: string; size: number }> {
  const { home, path, ifExists } = request;
  const { parents, name } = placeOf(path);
  await requireSpace(home, request.size ?? 0);
  await using drafts = await openBelow(home, DRAFTS, { make: 0o700 });
  await removeStale(drafts);
  await using directory = await openBelow(home, parents, { make: 0o755 });
  await requirePlace(within(directory, name), ifExists);
  const draft = within(drafts, randomUUID());
  try {
    const size = await fill(draft, request);
    const placed = await place(draft, { directory, name, ifExists });
    return { path: [...parents, placed].join("/"), size };
  } finally {
    await rm(draft, { force: true });
  }
}

/** Refuses before anything is sent what would be refused at its end. */
async function requirePlace(target: string, ifExists: FileOrders["ifExists"]): Promise<void> {
  const stats = await lstat(target).catch(unlessMissing);
  if (!stats || ifExists === "rename") return;
  if (ifExists === "refuse") throw new FileFault("FILE_EXISTS", "there is such a file already");
  if (!stats.isFile()) throw new FileFault("FILE_REFUSED", "a link or a directory has that name");
}

async function fill(draft: string, { body, size, isWhole }: WriteRequest): Promise<number> {
  await using file = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  let written = 0;
  for await (const chunk of body) {
    await file.writeFile(chunk);
    written += chunk.length;
    if (size !== undefined && written > size)
      throw new FileFault("BAD_REQUEST", "more came than was announced");
  }
  if (!(await isWhole())) throw new FileFault("CANCELLED", "the connection broke off before the end");
  if (size !== undefined && written < size)
    throw new FileFault("BAD_REQUEST", "less came than was announced");
  return written;
}

interface Place {
  readonly directory: FileHandle;
  readonly name: string;
  readonly ifExists: FileOrders["ifExists"];
}

/** Gives the draft its name; without `replace` never that of another file, whoever makes one at the same time. */
async function place(draft: string, { directory, name, ifExists }: Place): Promise<string> {
  if (ifExists === "replace") {
    await requirePlace(within(directory, name), ifExists);
    await rename(draft, within(directory, name));
    return name;
  }
  for (let attempt = 0; attempt < (ifExists === "rename" ? MOST_NAMES : 1); attempt += 1) {
    const candidate = attempt === 0 ? name : numbered(name, attempt);
    if (await isLinked(draft, within(directory, candidate))) return candidate;
  }
  throw new FileFault("FILE_EXISTS", "there is such a file already");
}

/** link(2) never replaces. */
function isLinked(draft: string, target: string): Promise<boolean> {
  return link(draft, target).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}

/** "report.pdf" is "report (1).pdf". */
function numbered(name: string, number: number): string {
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)} (${number})${extension}`;
}

async function requireSpace(home: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(home);
  if (bavail * bsize - RESERVE_BYTES < bytes)
    throw new FileFault("GUEST_DISK_FULL", `${bytes} bytes do not fit: ${bavail * bsize} are free`);
}

async function removeStale(drafts: FileHandle): Promise<void> {
  for await (const { name } of await opendir(within(drafts, "."))) {
    const stats = await lstat(within(drafts, name)).catch(unlessMissing);
    if (stats && Date.now() - stats.mtimeMs > STALE_MS) await rm(within(drafts, name), { force: true });
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
