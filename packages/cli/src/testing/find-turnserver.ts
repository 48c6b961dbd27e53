import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, paths } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { runQuietly } from "../process.ts";

const PROGRAM = "usr/bin/turnserver";

/**
 * A directory with the distribution's coturn and the libraries that this machine lacks for it, unpacked and not
 * installed: its package would start a relay on this machine's network. COMMAND_FAILED without a mirror.
 */
export async function findTurnserver({ config, env }: Pick<CliContext, "config" | "env">): Promise<string> {
  const { BROWSERVM_TEST_COTURN: chosen } = env;
  if (chosen) return chosen;
  const home = join(paths(config).cache, "coturn");
  if (existsSync(join(home, PROGRAM))) return home;
  await mkdir(paths(config).cache, { recursive: true });
  const part = await mkdtemp(`${home}.part-`);
  try {
    await unpackNeeded(part).catch(async () => {
      // apt's lists are not there, or name what the mirror has no more
      await runQuietly("apt-get", ["--option", "Acquire::Retries=3", "update"]);
      await unpackNeeded(part);
    });
    await rename(part, home);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return home;
}

const unpackNeeded = async (home: string): Promise<void> => unpack(await neededPackages(), home);

/** coturn and what apt would install with it, without anything that is only of use around it. */
async function neededPackages(): Promise<string[]> {
  const plan = await runQuietly("apt-get", ["install", "--simulate", "--no-install-recommends", "coturn"]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  const isOfUse = (name: string) => name === "coturn" || name.startsWith("lib");
  // On a machine that has it already there is nothing to install, and still a copy is wanted.
  return [...new Set(["coturn", ...names.filter(isOfUse)])];
}

async function unpack(packages: readonly string[], home: string): Promise<void> {
  const fetch = `cd ${JSON.stringify(home)} && exec apt-get --option Acquire::Retries=3 download "$@"`;
  await runQuietly("sh", ["-c", fetch, "sh", ...packages]);
  for (const file of await readdir(home)) {
    if (!file.endsWith(".deb")) continue;
    await runQuietly("dpkg-deb", ["--extract", join(home, file), home]);
    await rm(join(home, file));
  }
  if (!existsSync(join(home, PROGRAM)))
    throw new BrowserVmError("COMMAND_FAILED", "the package coturn has no turnserver", { home });
}
