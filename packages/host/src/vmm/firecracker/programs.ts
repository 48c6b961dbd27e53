import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrowserVmError, type Config, isBrowserVmError } from "@browservm/contract";
import { run } from "../../process/run.ts";
import { type FirecrackerVersion, isAtLeast, OLDEST, parseVersion } from "./version.ts";

const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const VERSION_MS = 30_000;

/** Firecracker and its jailer, as installed on this machine; both of one version. */
export interface FirecrackerPrograms {
  readonly firecracker: string;
  readonly jailer: string;
  readonly version: FirecrackerVersion;
}

export type ProgramSettings = Pick<Config["vmm"], "firecracker" | "jailer"> & {
  /** Where `browservm setup firecracker` puts them. */
  readonly installed: string;
};

/**
 * What programs say of their version, asked once of each file: one that was replaced or installed anew is another file,
 * or has changed since.
 */
export class KnownVersions {
  readonly #versions = new Map<string, FirecrackerVersion>();

  /** VMM_UNSUPPORTED when it says none. */
  async of(path: string): Promise<FirecrackerVersion> {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    const file = [path, dev, ino, size, mtimeNs].join(" ");
    const version = this.#versions.get(file) ?? (await askVersion(path));
    this.#versions.set(file, version);
    return version;
  }
}

export const installedPrograms = (stateDir: string): string => join(stateDir, "vmm");

/**
 * The programs that the settings name, else those that we installed, else those on the system's PATH. VMM_NOT_FOUND,
 * VMM_UNSUPPORTED when one is foreign, too old, or not of the other's version.
 */
export async function findPrograms(
  settings: ProgramSettings,
  versions: KnownVersions = new KnownVersions(),
): Promise<FirecrackerPrograms> {
  const firecracker = await find("firecracker", settings.firecracker, [settings.installed]);
  const version = await versions.of(firecracker);
  if (!isAtLeast(version, OLDEST)) {
    throw new BrowserVmError(
      "VMM_UNSUPPORTED",
      `${firecracker} is version ${version.text}; the oldest that can be used is ${OLDEST.major}.${OLDEST.minor}`,
      { path: firecracker, version: version.text },
    );
  }
  const jailer = await find("jailer", settings.jailer, [dirname(firecracker), settings.installed]);
  const { text } = await versions.of(jailer);
  if (text === version.text) return { firecracker, jailer, version };
  throw new BrowserVmError(
    "VMM_UNSUPPORTED",
    `${jailer} is version ${text}, but ${firecracker} is ${version.text}: a jailer is for the Firecracker that it came with`,
    { path: jailer, version: text },
  );
}

async function find(name: "firecracker" | "jailer", configured: string, first: string[]): Promise<string> {
  const candidates =
    configured === "" ? [...first, ...SYSTEM_PATH].map((directory) => join(directory, name)) : [configured];
  for (const candidate of candidates) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    // The jailer names the jail by the file itself, not by a link to it.
    if (isThere) return realpath(candidate);
  }
  const where = configured === "" ? "is not installed" : `is not at ${configured}`;
  throw new BrowserVmError("VMM_NOT_FOUND", `${name} ${where}; \`browservm setup firecracker\` installs it`, {
    tool: name,
    package: "(none; `browservm setup firecracker`)",
  });
}

async function askVersion(path: string): Promise<FirecrackerVersion> {
  try {
    const { stdout } = await run(path, ["--version"], { timeoutMs: VERSION_MS });
    return parseVersion(stdout, path);
  } catch (cause) {
    if (isBrowserVmError(cause, "VMM_UNSUPPORTED")) throw cause;
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new BrowserVmError(
      "VMM_UNSUPPORTED",
      `${path} does not say its version: ${words}`,
      { path },
      { cause },
    );
  }
}
