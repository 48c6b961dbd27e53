/** What a file transfer may name and list; the guest's file systems allow no more in a name. */
export const FILE_LIMITS = { pathBytes: 2048, nameBytes: 255, entries: 1000 } as const;

/** Where the browser saves what it downloads, and where files are put for it. */
export const DOWNLOADS = "Downloads";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/**
 * Why a path cannot name something below the session's home; undefined when it can. Names are taken as they are: no
 * form of Unicode is another's.
 */
export function homePathFault(path: string): string | undefined {
  if (path.includes("\0") || !path.isWellFormed()) return "it has characters that no name can have";
  if (bytesOf(path) > FILE_LIMITS.pathBytes) return `it is longer than ${FILE_LIMITS.pathBytes} bytes`;
  for (const name of path.split("/")) {
    if (name === "" || name === "." || name === "..")
      return "it must be relative to the home, without `..`, `.` and empty names";
    if (bytesOf(name) > FILE_LIMITS.nameBytes)
      return `a name in it is longer than ${FILE_LIMITS.nameBytes} bytes`;
  }
  return undefined;
}
