import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The device of the virtio port with this name, or undefined. Read from sysfs: there may be no udev to make links. */
export async function findPort(name: string, root = "/"): Promise<string | undefined> {
  const directory = join(root, "sys/class/virtio-ports");
  const ports = await readdir(directory).catch(() => []); // no driver yet
  for (const port of ports) {
    const found = await readFile(join(directory, port, "name"), "utf8").catch(() => "");
    if (found.trim() === name) return join(root, "dev", port);
  }
  return undefined;
}
