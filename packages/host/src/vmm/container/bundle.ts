import { randomUUID } from "node:crypto";
import { chmod, chown, lchown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { decodeCpio } from "../../image/boot/decode-cpio.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import type { VmmSpec } from "../vmm.ts";
import { ociConfig } from "./oci-config.ts";
import { bundleOf, guestRoot } from "./places.ts";

/** Of an initrd: the first program, and what it brings into the guest. Kernel modules and tools are for VMs. */
const BROUGHT = /^(init|(image|inject)\/[\w.-]+)$/;

/**
 * Writes the bundle of a VM: its configuration, and those files of its initrd that a guest without a kernel of its own
 * needs. Answers its directory. Nothing is left when it fails. IMAGE_DAMAGED.
 */
export async function makeBundle(spec: VmmSpec): Promise<string> {
  const bundle = bundleOf(spec);
  await using undo = new UndoStack();
  undo.defer(() => removeBundle(bundle));
  await removeBundle(bundle); // of a VMM that a crash forgot
  await mkdir(bundle, { recursive: true, mode: 0o700 });
  await writeFile(join(bundle, "config.json"), JSON.stringify(ociConfig(spec), null, 1));
  await writeBoot(spec, join(bundle, "boot"));
  undo.keep();
  return bundle;
}

export const removeBundle = (bundle: string): Promise<void> => rm(bundle, { recursive: true, force: true });

/** They belong to the guest's root, so that it can read them. */
async function writeBoot({ initrd, address, commandLine }: VmmSpec, boot: string): Promise<void> {
  const owner = guestRoot(address.slot);
  const entries = decodeCpio(await readFile(initrd)).filter(({ path }) => BROUGHT.test(path));
  if (!entries.some(({ path }) => path === "init"))
    throw new BrowserVmError("IMAGE_DAMAGED", `${initrd} has no init`, { path: initrd });
  // Later archives come over earlier ones, as in a kernel that unpacks them.
  for (const { path, mode, content } of entries) {
    const place = join(boot, path);
    await makeDirectory(dirname(place), owner);
    await writeFile(place, content);
    await chmod(place, mode & 0o777);
    await lchown(place, owner, owner);
  }
  await writeFile(join(boot, "cmdline"), `${commandLine}\n`);
  // What each boot of a machine has of its own: the kernel's is this machine's.
  await writeFile(join(boot, "boot_id"), `${randomUUID()}\n`);
}

async function makeDirectory(path: string, owner: number): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chown(path, owner, owner);
}
