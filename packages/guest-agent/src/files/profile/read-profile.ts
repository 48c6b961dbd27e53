import { constants } from "node:fs";
import { type FileHandle, lstat, open, opendir } from "node:fs/promises";
import { homePathFault } from "@browservm/contract/guest/home-path";
import { FileFault } from "../home/file-fault.ts";
import { openBelow, within } from "../home/open-below.ts";
import { type ArchivedFile, encodeHead, PROFILE_LIMITS } from "./profile-archive.ts";
import { isKept } from "./profile-contents.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A profile that is about to be sent: its bytes, and how many. */
export interface OutgoingProfile {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The browser's directory as a stream of exactly `size` bytes. The browser must not run meanwhile. */
export async function readProfile(home: string, names: readonly string[]): Promise<OutgoingProfile> {
  const files: ArchivedFile[] = [];
  for await (const file of walk(home, names, "")) {
    files.push(file);
    if (files.length > PROFILE_LIMITS.files) break;
  }
  const head = encodeHead(files);
  const size = files.reduce((sum, [, bytes]) => sum + bytes, head.length);
  return { size, bytes: send(head, { home, names, files }) };
}

/** Plain files, and never through a link: what else a page or a program has put there is left where it is. */
async function* walk(
  home: string,
  names: readonly string[],
  prefix: string,
): AsyncGenerator<ArchivedFile, void, undefined> {
  if (names.length > PROFILE_LIMITS.depth) return;
  await using directory = await openBelow(home, names);
  for await (const { name } of await opendir(within(directory, "."))) {
    // A name that is no UTF-8 is none of Chromium's.
    if (!isKept(name) || name.includes("\uFFFD")) continue;
    const stats = await lstat(within(directory, name));
    const path = `${prefix}${name}`;
    if (stats.isDirectory()) yield* walk(home, [...names, name], `${path}/`);
    // A path that would be refused when it comes back would make all of the profile useless.
    else if (stats.isFile() && !homePathFault(path)) yield [path, stats.size];
  }
}

interface Sending {
  readonly home: string;
  readonly names: readonly string[];
  readonly files: readonly ArchivedFile[];
}

async function* send(
  head: Buffer,
  { home, names, files }: Sending,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  for (const [path, size] of files) {
    const parents = path.split("/");
    const name = parents.pop() ?? "";
    await using directory = await openBelow(home, [...names, ...parents]);
    await using file = await open(within(directory, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    yield* readExactly(file, size);
  }
}

/** A file that has changed since it was counted means that the browser was not closed. */
async function* readExactly(file: FileHandle, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  if (size > 0)
    for await (const piece of file.createReadStream({
      end: size - 1,
      autoClose: false,
      highWaterMark: 262_144,
    })) {
      sent += (piece as Buffer).length;
      yield piece as Buffer;
    }
  if (sent !== size) throw new FileFault("INTERNAL", "a file of the profile changed while it was read");
}
