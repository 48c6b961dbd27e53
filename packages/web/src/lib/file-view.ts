import type { FileEntry } from "@browservm/contract";

/** One file as it is shown. */
export interface FileLine {
  readonly entry: FileEntry;
  /** Its name without what would move the text around it. */
  readonly name: string;
  readonly size: string;
  readonly isFile: boolean;
}

const MOVES_TEXT = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** What people see of a directory: neither hidden files nor links and other things that cannot be taken out. */
export function fileLines(entries: readonly FileEntry[]): readonly FileLine[] {
  return entries
    .filter(({ name, kind }) => !name.startsWith(".") && (kind === "file" || kind === "directory"))
    .map((entry) => ({
      entry,
      name: entry.name.replace(MOVES_TEXT, "\ufffd"),
      size: formatBytes(entry.size),
      isFile: entry.kind === "file",
    }));
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"] as const;

/** "812 bytes", "1.4 MB"; powers of 1000, as file managers count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
