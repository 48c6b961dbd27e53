import type { BigIntStats } from "node:fs";
import { SIGNIN_LIMITS } from "@browservm/contract/guest/signin-limits";
import { asFileFault } from "../../../files/home/file-fault.ts";
import { openForReading } from "../../../files/home/read-file.ts";
import { type CredentialFile, SigninError } from "../../orders.ts";

export interface SeenFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
  /** The same for as long as nobody writes to it, or puts another file in its place. */
  readonly fingerprint: string;
}

/**
 * One look at a credential file below the home: a plain file of our own user, reached through no link.
 * FILE_NOT_FOUND, FILE_REFUSED, FILE_TOO_LARGE, SIGNIN_FILE_MALFORMED.
 */
export async function lookAtFile(home: string, { path, json }: CredentialFile): Promise<SeenFile> {
  try {
    const seen = await look(home, path);
    if (json) mustBeJson(seen);
    return seen;
  } catch (error) {
    if (error instanceof SigninError) throw error;
    const { code, message } = asFileFault(error);
    if (code === "FILE_NOT_FOUND") throw new SigninError(code, `${path} is not there`, path);
    throw new SigninError(
      "FILE_REFUSED",
      `${path}: ${code === "INTERNAL" ? "it cannot be read" : message}`,
      path,
    );
  }
}

async function look(home: string, path: string): Promise<SeenFile> {
  const { file } = await openForReading(home, path);
  await using _open = file;
  const stats = await file.stat({ bigint: true });
  if (stats.uid !== BigInt(process.getuid?.() ?? -1))
    throw new SigninError("FILE_REFUSED", `${path}: it is not the browser's user's own`, path);
  const limit = SIGNIN_LIMITS.fileBytes;
  // One byte more than may be there: it may have grown since.
  const { bytesRead, buffer } = await file.read(Buffer.alloc(limit + 1), 0, limit + 1, 0);
  if (bytesRead > limit || stats.size > limit)
    throw new SigninError("FILE_TOO_LARGE", `${path}: it is larger than ${limit} bytes`, path);
  const mode = Number(stats.mode) & 0o777;
  return { path, mode, content: buffer.subarray(0, bytesRead), fingerprint: fingerprintOf(stats) };
}

const fingerprintOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(":");

/** The parser's own words would quote the file. */
function mustBeJson({ path, content }: SeenFile): void {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    throw new SigninError("SIGNIN_FILE_MALFORMED", `${path} is not JSON`, path);
  }
}
