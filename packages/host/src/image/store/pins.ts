import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeLasting } from "../../files/lasting.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Which VM uses which image: one small file per VM, so that it survives our death. */
export class Pins {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(imageId: string, vmId: string): Promise<void> {
    const path = this.#pathOf(vmId);
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    await writeLasting(path, imageId, 0o644);
  }

  async remove(vmId: string): Promise<void> {
    await rm(this.#pathOf(vmId), { force: true });
  }

  /** The VMs that use this image. */
  async of(imageId: string): Promise<readonly string[]> {
    const names = await readdir(this.#directory).catch(() => []); // no directory, no pins
    const users: string[] = [];
    for (const vmId of names.filter((name) => NAME.test(name))) {
      const pinned = await readFile(join(this.#directory, vmId), "utf8").catch(() => ""); // unpinned just now
      if (pinned.trim() === imageId) users.push(vmId);
    }
    return users;
  }

  #pathOf(vmId: string): string {
    if (!NAME.test(vmId)) throw new Error(`not the id of a VM: ${vmId.slice(0, 80)}`);
    return join(this.#directory, vmId);
  }
}
