import { readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The name of this machine, for the kernel and for programs; as our init writes it at boot. `root` is another in tests. */
export async function setHostname(hostname: string, root = "/"): Promise<void> {
  await Promise.all([
    writeFile(join(root, "proc/sys/kernel/hostname"), hostname),
    writeFile(join(root, "etc/hostname"), `${hostname}\n`),
    writeFile(join(root, "etc/hosts"), `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n`),
  ]);
}

/** machine-id(5). journald goes on under the name that it began with; readers look under the machine's. */
export async function setMachineId(machineId: string, root = "/"): Promise<void> {
  await writeFile(join(root, "etc/machine-id"), `${machineId}\n`);
  const journals = join(root, "run/log/journal");
  const entries = await readdir(journals, { withFileTypes: true }).catch(() => []); // journald has not begun
  const used = entries.find((entry) => entry.isDirectory())?.name;
  if (used && !entries.some(({ name }) => name === machineId)) await symlink(used, join(journals, machineId));
}

/** Empty means "none yet" (machine-id(5)). */
export const forgetMachineId = (root = "/"): Promise<void> => writeFile(join(root, "etc/machine-id"), "");
