import type { FileFaultCode } from "./file-orders.ts";

/** A refusal with its code. */
export class FileFault extends Error {
  readonly code: FileFaultCode;

  constructor(code: FileFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

const REFUSED = "FILE_REFUSED";
/** errno(3) in the words of our errors. */
const FAULTS: Readonly<Record<string, readonly [FileFaultCode, string]>> = {
  ENOENT: ["FILE_NOT_FOUND", "there is no such file"],
  ENOTDIR: [REFUSED, "a file or a link stands where a directory must be"],
  ELOOP: [REFUSED, "it is a link"],
  EISDIR: [REFUSED, "it is a directory"],
  ENOTEMPTY: [REFUSED, "the directory is not empty"],
  EACCES: [REFUSED, "the browser's user may not do that"],
  EPERM: [REFUSED, "the browser's user may not do that"],
  EROFS: [REFUSED, "it cannot be written to"],
  EBUSY: [REFUSED, "it is in use"],
  ENXIO: [REFUSED, "it is no plain file"],
  EEXIST: ["FILE_EXISTS", "there is such a file already"],
  ENAMETOOLONG: ["BAD_REQUEST", "the name is too long"],
  ENOSPC: ["GUEST_DISK_FULL", "there is no space left"],
  EDQUOT: ["GUEST_DISK_FULL", "there is no space left"],
  EFBIG: ["GUEST_DISK_FULL", "the file system takes no file of that size"],
};

/** Any failure of a worker as one with a code. */
export function asFileFault(error: unknown): FileFault {
  if (error instanceof FileFault) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const [ours, words] = FAULTS[code] ?? (["INTERNAL", message] as const);
  return new FileFault(ours, words);
}
