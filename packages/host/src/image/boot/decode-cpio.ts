/** One entry of a newc archive as its header says it. */
export interface DecodedEntry {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly device: [number, number];
  readonly content: Buffer;
}

/** Reads an archive, or several one behind the other as an initramfs may be; for tests. */
export function decodeCpio(archive: Buffer): DecodedEntry[] {
  const entries: DecodedEntry[] = [];
  const aligned = (offset: number) => offset + ((4 - (offset % 4)) % 4);
  let at = 0;
  while (at < archive.length) {
    if (archive[at] === 0) {
      at += 1; // padding between two archives
      continue;
    }
    const header = archive.toString("latin1", at, at + 110);
    if (!header.startsWith("070701")) throw new Error(`no magic at ${at}`);
    const field = (index: number) => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
    const nameEnd = at + 110 + field(11);
    const start = aligned(nameEnd);
    const end = start + field(6);
    const path = archive.toString("utf8", at + 110, nameEnd - 1);
    if (path !== "TRAILER!!!")
      entries.push({
        path,
        mode: field(1),
        uid: field(2),
        gid: field(3),
        device: [field(9), field(10)],
        content: archive.subarray(start, end),
      });
    at = aligned(end);
  }
  return entries;
}
