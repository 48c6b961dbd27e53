import { BrowserVmError } from "@browservm/contract";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { stepsOf } from "../../terminal-progress.ts";

interface SetupOptions {
  readonly archive?: string;
  readonly release?: string;
  readonly sha256?: string;
}

/** `browservm setup firecracker` */
export function setupFirecracker(context: CliContext): Command {
  return new Command("firecracker")
    .summary("install Firecracker and its jailer from their release")
    .option("--archive <file>", "the release's archive, on a machine without internet")
    .option("--release <version>", "another version than the pinned one, with --sha256")
    .option("--sha256 <hex>", "the archive's checksum, as its release page states it")
    .action(async ({ archive, release: version, sha256 }: SetupOptions) => {
      if (process.getuid?.() !== 0)
        throw new BrowserVmError("NOT_PRIVILEGED", "installing Firecracker needs root");
      const { installFirecracker, installedPrograms, releaseOf } = await import(
        "@browservm/host/setup-firecracker"
      );
      const release = releaseOf({ processor: process.arch, version, sha256 });
      using progress = context.progress();
      const into = installedPrograms(context.config.stateDir);
      const programs = await installFirecracker(stepsOf("firecracker", progress), { release, into, archive });
      progress.done();
      const text = `Firecracker ${programs.version.text} in ${into}; hostd uses it from its next start`;
      context.output.print({ ...programs, version: programs.version.text }, text);
    });
}
