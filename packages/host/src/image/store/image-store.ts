import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, type Config, paths } from "@browservm/contract";
import { sha256OfFile } from "../../files/sha256.ts";
import type { Image, ImageStore } from "../image.ts";
import { checkSizes, IMAGE_FILES, readRecord, toImage } from "./image-record.ts";
import { Pins } from "./pins.ts";

const ID = /^[a-z0-9][a-z0-9.-]*-[0-9a-f]{16}$/;

/** The images under `stateDir/images`, each a directory named by its id. Names without a suite mean the configured one. */
export function openImageStore(config: Pick<Config, "stateDir" | "runDir" | "image">): ImageStore {
  return new FileImageStore(paths(config).images, config.image.suite);
}

class FileImageStore implements ImageStore {
  readonly #root: string;
  readonly #suite: string;
  readonly #pins: Pins;

  constructor(root: string, suite: string) {
    this.#root = root;
    this.#suite = suite;
    this.#pins = new Pins(join(root, ".pins"));
  }

  /** Newest first. Damaged images are left out: one must not hide the others. */
  async list(): Promise<readonly Image[]> {
    const found = await Promise.all(
      (await this.#ids()).map((id) => this.#load(id).catch(() => undefined)), // named by `find` and `verify`
    );
    return found
      .filter((image) => image !== undefined)
      .sort((a, b) => b.builtAt.localeCompare(a.builtAt) || a.id.localeCompare(b.id));
  }

  async find(name: string): Promise<Image> {
    if (ID.test(name) && (await this.#exists(name))) return this.#load(name);
    const id = (await this.#idsNamed(name)).at(0);
    if (id !== undefined) return this.#load(id);
    throw new BrowserVmError("IMAGE_NOT_FOUND", `there is no image ${name} (suite ${this.#suite})`, {
      image: name,
      suite: this.#suite,
    });
  }

  async verify(image: Image): Promise<void> {
    const directory = this.#directory(image.id);
    const record = await readRecord(directory, image.id);
    await checkSizes(directory, record);
    for (const name of IMAGE_FILES) {
      const path = join(directory, name);
      const sha256 = await sha256OfFile(path);
      if (sha256 === record.files[name].sha256) continue;
      throw new BrowserVmError("IMAGE_DAMAGED", `${path} is not what was built`, {
        path,
        image: image.id,
        expected: record.files[name].sha256,
        found: sha256,
      });
    }
  }

  /** First the pin, then the look: a removal in between sees the one or is seen by the other. */
  async pin(image: Image, vmId: string): Promise<void> {
    await this.#pins.add(image.id, vmId);
    if (await this.#exists(image.id)) return;
    await this.#pins.remove(vmId);
    throw new BrowserVmError("IMAGE_NOT_FOUND", `the image ${image.id} was removed`, { image: image.id });
  }

  unpin(vmId: string): Promise<void> {
    return this.#pins.remove(vmId);
  }

  async remove(name: string): Promise<void> {
    const ids = ID.test(name) && (await this.#exists(name)) ? [name] : await this.#idsNamed(name);
    if (ids.length === 0)
      throw new BrowserVmError("IMAGE_NOT_FOUND", `there is no image ${name}`, { image: name });
    for (const id of ids) await this.#refuseWhenPinned(id);
    for (const id of ids) await this.#removeOne(id);
  }

  async #removeOne(id: string): Promise<void> {
    const doomed = join(this.#root, `.removed-${id}`);
    await rename(this.#directory(id), doomed);
    try {
      await this.#refuseWhenPinned(id);
    } catch (error) {
      await rename(doomed, this.#directory(id));
      throw error;
    }
    await rm(doomed, { recursive: true, force: true });
  }

  async #refuseWhenPinned(id: string): Promise<void> {
    const vms = await this.#pins.of(id);
    if (vms.length > 0)
      throw new BrowserVmError("IMAGE_IN_USE", `${id} is in use by ${vms.join(", ")}`, { image: id, vms });
  }

  async #load(id: string): Promise<Image> {
    const directory = this.#directory(id);
    const record = await readRecord(directory, id);
    await checkSizes(directory, record);
    return toImage(directory, record);
  }

  async #ids(): Promise<readonly string[]> {
    await mkdir(this.#root, { recursive: true, mode: 0o755 });
    return (await readdir(this.#root)).filter((name) => ID.test(name));
  }

  /** The ids of `browser` or `browser-bookworm`, the newest first; by the directory, so that damaged ones count too. */
  async #idsNamed(name: string): Promise<readonly string[]> {
    const stems = [`${name}-${this.#suite}`, name];
    const ids = (await this.#ids()).filter((id) => stems.includes(id.slice(0, -17)));
    const dated = await Promise.all(
      ids.map(async (id) => ({ id, at: (await stat(this.#directory(id))).mtimeMs })),
    );
    return dated.sort((a, b) => b.at - a.at).map(({ id }) => id);
  }

  async #exists(id: string): Promise<boolean> {
    return stat(this.#directory(id)).then(
      () => true,
      () => false,
    );
  }

  #directory(id: string): string {
    return join(this.#root, id);
  }
}
