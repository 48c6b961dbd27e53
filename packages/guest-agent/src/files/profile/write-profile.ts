import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm, statfs } from "node:fs/promises";
import { FileFault } from "../home/file-fault.ts";
import { openBelow, within } from "../home/open-below.ts";
import type { ArchivedFile } from "./profile-archive.ts";
import { ProfileReader } from "./profile-reader.ts";

export interface IncomingProfile {
  readonly home: string;
  /** Where the browser's directory is, below the home. */
  readonly names: readonly string[];
  readonly body: AsyncIterable<Uint8Array>;
  /** Asked when the body has ended: whether that was its end, and no broken connection. */
  readonly isWhole: () => Promise<boolean>;
}

/** What a browser needs to start with. */
const RESERVE_BYTES = 64 * 1_048_576;
/** Of a file system's blocks, for names and for the ends of files. */
const FILE_OVERHEAD = 4096;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Puts a profile in the place of the browser's directory: as a whole, or not at all. It is unpacked beside it, every name
 * opened through no link, so that nothing outside can be reached whatever the stream says.
 */
export async function writeProfile(request: IncomingProfile): Promise<{ files: number; bytes: number }> {
  const { home, names, body, isWhole } = request;
  const parents = names.slice(0, -1);
  const draft = `.browservm-profile-${randomUUID()}`;
  await using above = await openBelow(home, parents, { make: 0o700 });
  try {
    const reader = new ProfileReader(body);
    const files = await reader.manifest();
    const bytes = files.reduce((sum, [, size]) => sum + size, 0);
    await requireSpace(home, bytes + files.length * FILE_OVERHEAD);
    await (await openBelow(home, [...parents, draft], { make: 0o700 })).close();
    for (const file of files) await unpack(reader, { home, names: [...parents, draft], file });
    await reader.mustEnd();
    if (!(await isWhole())) throw new FileFault("CANCELLED", "the connection broke off before the end");
    await exchange(within(above, draft), within(above, names.at(-1) ?? ""));
    return { files: files.length, bytes };
  } finally {
    await rm(within(above, draft), { recursive: true, force: true });
  }
}

interface Unpacking {
  readonly home: string;
  readonly names: readonly string[];
  readonly file: ArchivedFile;
}

async function unpack(reader: ProfileReader, { home, names, file: [path, size] }: Unpacking): Promise<void> {
  const parents = path.split("/");
  const name = parents.pop() ?? "";
  await using directory = await openBelow(home, [...names, ...parents], { make: 0o700 });
  await using file = await open(within(directory, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  for await (const piece of reader.bytes(size)) await file.writeFile(piece);
}

/** The new one has the place of the old one, which has the place of the new one. */
async function exchange(draft: string, place: string): Promise<void> {
  const aside = `${draft}-old`;
  const hadOne = await rename(place, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(draft, place);
  } catch (error) {
    if (hadOne) await rename(aside, place);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function requireSpace(home: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(home);
  if (bavail * bsize - RESERVE_BYTES < bytes)
    throw new FileFault("GUEST_DISK_FULL", `${bytes} bytes do not fit: ${bavail * bsize} are free`);
}
