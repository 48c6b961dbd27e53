import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrowserVmError, type Config, isBrowserVmError } from "@browservm/contract";
import { run } from "../../process/run.ts";
import { type FirecrackerVersion, isAtLeast, OLDEST, parseVersion } from "./version.ts";

const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const VERSION_MS = 10_000;

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

export const installedPrograms = (stateDir: string): string => join(stateDir, "vmm");

/**
 * The programs that the settings name, else those that we installed, else those on the system's PATH. VMM_NOT_FOUND,
 * VMM_UNSUPPORTED when one is foreign, too old, or not of the other's version.
 */
export async function findPrograms(settings: ProgramSettings): Promise<FirecrackerPrograms> {
  const firecracker = await find("firecracker", settings.firecracker, [settings.installed]);
  const version = await versionOf(firecracker);
  if (!isAtLeast(version, OLDEST)) {
    throw new BrowserVmError(
      "VMM_UNSUPPORTED",
      `${firecracker} is version ${version.text}; the oldest that can be used is ${OLDEST.major}.${OLDEST.minor}`,
      { path: firecracker, version: version.text },
    );
  }
  const jailer = await find("jailer", settings.jailer, [dirname(firecracker), settings.installed]);
  const { text } = await versionOf(jailer);
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

async function versionOf(path: string): Promise<FirecrackerVersion> {
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
