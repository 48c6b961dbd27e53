import { chown, copyFile, link, mkdir, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { makeFifo } from "../../linux/fifo.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { jailLinkOf, requireShortPath } from "../run-dir.ts";
import type { VmmSpec } from "../vmm.ts";
import { JAILED } from "./cold-start.ts";
import { linkFrozen } from "./frozen-files.ts";
import type { FirecrackerPrograms } from "./programs.ts";

/** A jail's directories: `base` is ours to remove, `root` is what Firecracker sees as `/`. */
export interface Jail {
  readonly base: string;
  readonly root: string;
  /** Named pipes outside of the jail that lead into it; see docs/firecracker.md. */
  readonly pipes: { readonly console: string; readonly log: string; readonly metrics: string };
}

/** The jailer takes letters, digits and hyphens (src/utils/src/validators.rs). */
export const jailIdOf = (vmId: string): string => vmId.replaceAll("_", "-");

/** A path of the jail as hostd reaches it: through a short link, for sockets end at 107 bytes. */
export const fromHost = (runDir: string, jailed: string): string => `${jailLinkOf(runDir)}${jailed}`;

/**
 * Where the jail of a VM is. It lies beside the VM's files, on their file system, so that disks and kernel are hard
 * links: no mount to leak, nothing to copy, and removing the jail cannot reach what they lead to.
 */
export function jailOf({ vmId, logs }: Pick<VmmSpec, "vmId" | "logs">, firecracker: string): Jail {
  const home = dirname(logs.console);
  const base = join(home, "jail");
  return {
    base,
    // The jailer's own rule: <base>/<name of the program>/<id>/root (docs/jailer.md).
    root: join(base, basename(firecracker), jailIdOf(vmId), "root"),
    pipes: {
      console: join(home, "console.pipe"),
      log: join(home, "vmm.pipe"),
      metrics: join(home, "metrics.pipe"),
    },
  };
}

/**
 * Makes the jail with everything that Firecracker opens by path. The disks that the guest writes become the jail's
 * user's own. Without a kernel for a VM that is restored. Nothing is left when it fails. BAD_CONFIG when a path is too
 * long or lies on another file system, SNAPSHOT_DAMAGED.
 */
export async function prepareJail(
  spec: VmmSpec,
  programs: Pick<FirecrackerPrograms, "firecracker">,
  kernel: string | undefined,
): Promise<Jail> {
  for (const socket of [JAILED.api, JAILED.vsock]) requireShortPath(fromHost(spec.runDir, socket));
  const jail = jailOf(spec, programs.firecracker);
  await using undo = new UndoStack();
  undo.defer(() => removeJail(jail));
  await removeJail(jail); // of a VMM that a crash forgot
  await mkdir(jail.root, { recursive: true, mode: 0o700 });
  const inside = (path: string) => join(jail.root, path);
  if (kernel !== undefined) {
    await linkOrCopy(kernel, inside(JAILED.kernel));
    await linkOrCopy(spec.initrd, inside(JAILED.initrd));
    await chown(inside(JAILED.initrd), spec.uid, spec.uid);
  }
  if (spec.restore) await linkFrozen({ jail: jail.root, directory: spec.restore.directory }, spec.memoryMib);
  for (const [index, { path, readOnly }] of spec.disks.entries()) {
    await linkDisk(path, inside(JAILED.disk(index)));
    if (!readOnly) await chown(path, spec.uid, spec.uid);
  }
  await makePipes(jail, spec.uid);
  await symlink(jail.root, jailLinkOf(spec.runDir));
  undo.defer(() => rm(jailLinkOf(spec.runDir), { force: true }));
  undo.keep();
  return jail;
}

/** Removes the jail and its pipes. The hard links in it are names only: the image keeps its files. */
export async function removeJail({ base, pipes }: Jail): Promise<void> {
  await rm(base, { recursive: true, force: true });
  for (const pipe of Object.values(pipes)) await rm(pipe, { force: true });
}

async function makePipes({ root, pipes }: Jail, uid: number): Promise<void> {
  for (const pipe of Object.values(pipes)) makeFifo(pipe);
  for (const [pipe, name] of [
    [pipes.log, JAILED.log],
    [pipes.metrics, JAILED.metrics],
  ] as const) {
    await chown(pipe, uid, uid);
    await link(pipe, join(root, name));
  }
}

async function linkDisk(from: string, to: string): Promise<void> {
  await link(from, to).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EXDEV") throw missing(cause, from);
    throw new BrowserVmError(
      "BAD_CONFIG",
      `${from} lies on another file system than the jail; images and VMs must share one below stateDir`,
      { path: from },
    );
  });
}

/** Small files may come from another file system. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EXDEV") throw missing(cause, from);
    return copyFile(from, to);
  });
}

const missing = (cause: NodeJS.ErrnoException, path: string): unknown =>
  cause.code === "ENOENT"
    ? new BrowserVmError("IMAGE_DAMAGED", `${path} is missing`, { path }, { cause })
    : cause;
