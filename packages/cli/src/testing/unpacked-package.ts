import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, paths } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { runQuietly } from "../process.ts";

/** A package of the distribution that tests use, and do not install. */
export interface WantedPackage {
  readonly name: string;
  /** What must be in it. */
  readonly program: string;
  /** Says where it is instead: a directory, `/` for one that is installed. */
  readonly variable: string;
}

/** Its package would start a relay on this machine's network. */
export const COTURN: WantedPackage = {
  name: "coturn",
  program: "usr/bin/turnserver",
  variable: "BROWSERVM_TEST_COTURN",
};

/** Its package would start with every login of this machine. */
export const PULSEAUDIO: WantedPackage = {
  name: "pulseaudio",
  program: "usr/bin/pulseaudio",
  variable: "BROWSERVM_TEST_PULSEAUDIO",
};

/** Its package would become what opens this machine's links. */
export const FIREFOX: WantedPackage = {
  name: "firefox-esr",
  program: "usr/lib/firefox-esr/firefox-esr",
  variable: "BROWSERVM_TEST_FIREFOX",
};

/**
 * A directory with a package of the distribution and the libraries that this machine lacks for it, unpacked and not
 * installed. COMMAND_FAILED without a mirror, and where the distribution has no such package.
 */
export async function unpackedPackage(
  { config, env }: Pick<CliContext, "config" | "env">,
  wanted: WantedPackage,
): Promise<string> {
  const chosen = env[wanted.variable];
  if (chosen) return chosen;
  const home = join(paths(config).cache, wanted.name);
  if (existsSync(join(home, wanted.program))) return home;
  await mkdir(paths(config).cache, { recursive: true });
  const part = await mkdtemp(`${home}.part-`);
  try {
    await unpackNeeded(wanted, part).catch(async () => {
      // apt's lists are not there, or name what the mirror has no more
      await runQuietly("apt-get", ["--option", "Acquire::Retries=3", "update"]);
      await unpackNeeded(wanted, part);
    });
    await rename(part, home);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return home;
}

const unpackNeeded = async (wanted: WantedPackage, home: string): Promise<void> =>
  unpack(wanted, await neededPackages(wanted.name), home);

/** The package and what apt would install with it, without anything that is only of use around it. */
async function neededPackages(wanted: string): Promise<string[]> {
  const plan = await runQuietly("apt-get", ["install", "--simulate", "--no-install-recommends", wanted]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  const isOfUse = (name: string) => name === wanted || name.startsWith("lib");
  // On a machine that has it already there is nothing to install, and still a copy is wanted.
  return [...new Set([wanted, ...names.filter(isOfUse)])];
}

async function unpack(
  { name, program }: WantedPackage,
  packages: readonly string[],
  home: string,
): Promise<void> {
  const fetch = `cd ${JSON.stringify(home)} && exec apt-get --option Acquire::Retries=3 download "$@"`;
  await runQuietly("sh", ["-c", fetch, "sh", ...packages]);
  for (const file of await readdir(home)) {
    if (!file.endsWith(".deb")) continue;
    await runQuietly("dpkg-deb", ["--extract", join(home, file), home]);
    await rm(join(home, file));
  }
  if (!existsSync(join(home, program)))
    throw new BrowserVmError("COMMAND_FAILED", `the package ${name} has no ${program}`, { home });
}
