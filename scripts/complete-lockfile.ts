/**
 * Completes package-lock.json with the optional packages of other platforms. npm leaves them out when a registry
 * does not serve them, and `npm ci` then refuses the file. `--check` only says whether some are missing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Entry {
  version?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = "android|darwin|linux|win32|freebsd|openbsd|netbsd|sunos|aix|openharmony";
const PROCESSORS = "arm64|x64|arm|ia32|ppc64|riscv64|s390x|loong64|mips64el";
const PLATFORM = new RegExp(`(${SYSTEMS})(?:musl)?[-_](${PROCESSORS})`);

/** The entries that a lock file lacks, by their place in node_modules. */
export function missingPlatforms(packages: Readonly<Record<string, Entry>>): Record<string, Entry> {
  const missing: Record<string, Entry> = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = PLATFORM.exec(name);
      if (platform && !isLocked(packages, place, name))
        missing[`node_modules/${name}`] = stub(entry, range, {
          name,
          system: platform[1],
          processor: platform[2],
        });
    }
  }
  return missing;
}

/** Node's own look-up: beside the package first, then in every node_modules above it. */
function isLocked(packages: Readonly<Record<string, Entry>>, place: string, name: string): boolean {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (packages[`${at ? `${at}/` : ""}node_modules/${name}`]) return true;
    if (!at) return false;
  }
}

interface Platform {
  readonly name: string;
  readonly system: string | undefined;
  readonly processor: string | undefined;
}

function stub(parent: Entry, range: string, { name, system, processor }: Platform): Entry {
  return {
    version: range.replace(/^[\^~]/, ""),
    ...(parent.license ? { license: parent.license } : {}),
    ...(parent.dev ? { dev: true } : {}),
    optional: true,
    ...(system ? { os: [system] } : {}),
    ...(processor ? { cpu: [processor] } : {}),
    ...(name.includes("musl") ? { libc: ["musl"] } : {}),
  };
}

if (import.meta.main) {
  const file = join(import.meta.dirname, "../package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Entry> };
  const missing = missingPlatforms(lock.packages);
  const names = Object.keys(missing);
  if (process.argv.includes("--check")) {
    if (names.length > 0) console.error(`package-lock.json lacks ${names.join(", ")}\n  → npm run lockfile`);
    process.exit(names.length > 0 ? 1 : 0);
  }
  const sorted = Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`package-lock.json: ${names.length} added`);
}
