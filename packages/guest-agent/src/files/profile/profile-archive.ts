import { homePathFault } from "@browservm/contract/guest/home-path";
import { FileFault } from "../home/file-fault.ts";

/**
 * A profile as one stream: `MAGIC`, the manifest's length as a decimal and a newline, the manifest as JSON, then what is
 * in its files, one after the other. What comes is known before a byte of it is written, and nothing but plain files
 * can be said in it.
 */
export const MAGIC = "browservm-profile 1\n";

/** A file by its path below the profile, and its bytes. Directories are those of the paths. */
export type ArchivedFile = readonly [path: string, size: number];

export const PROFILE_LIMITS = { files: 50_000, depth: 24, manifestBytes: 16 * 1_048_576 } as const;

/** What stands before the files. BAD_REQUEST where there are more than a profile may have. */
export function encodeHead(files: readonly ArchivedFile[]): Buffer {
  const manifest = Buffer.from(JSON.stringify(files));
  if (files.length > PROFILE_LIMITS.files || manifest.length > PROFILE_LIMITS.manifestBytes)
    throw new FileFault("BAD_REQUEST", `the profile has ${files.length} files, which are too many`);
  return Buffer.concat([Buffer.from(`${MAGIC}${manifest.length}\n`), manifest]);
}

/** The files that a manifest names. It comes from a guest, perhaps a hostile one: BAD_REQUEST. */
export function parseManifest(json: string): ArchivedFile[] {
  const said: unknown = parseJson(json);
  if (!Array.isArray(said) || said.length > PROFILE_LIMITS.files) throw notAProfile();
  const files = said.map(parseFile);
  const names = new Set(files.map(([path]) => path));
  if (names.size !== files.length) throw new FileFault("BAD_REQUEST", "the profile names a file twice");
  if (files.some(([path]) => parentsOf(path).some((parent) => names.has(parent))))
    throw new FileFault("BAD_REQUEST", "the profile has a file where it needs a directory");
  return files;
}

function parseFile(said: unknown): ArchivedFile {
  if (!Array.isArray(said) || said.length !== 2) throw notAProfile();
  const [path, size] = said as [unknown, unknown];
  if (typeof path !== "string" || !Number.isSafeInteger(size) || Number(size) < 0) throw notAProfile();
  const fault = homePathFault(path);
  if (fault) throw new FileFault("BAD_REQUEST", `a path in the profile: ${fault}`);
  if (path.split("/").length > PROFILE_LIMITS.depth)
    throw new FileFault("BAD_REQUEST", "a path in the profile is too deep");
  return [path, Number(size)];
}

/** "a/b/c" has "a" and "a/b". */
function parentsOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw notAProfile();
  }
}

export const notAProfile = () => new FileFault("BAD_REQUEST", "that is no profile");
