import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IMAGES } from "../harness/host-under-test.ts";

/** The files of a golden image, to run programs of a guest on this machine, which need not have them. Needs root. */
export class ImageRoot implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "bvm-root-"));
  readonly #undo = new DisposableStack();

  /** The newest image of that name. */
  constructor(name: string) {
    this.#undo.defer(() => rmdirSync(this.path));
    using undo = new DisposableStack();
    undo.use(this);
    this.#mount(this.path, "-t", "erofs", "-o", "loop,ro", join(newestOf(name), "rootfs"));
    // Sockets of its programs are found here, too.
    for (const shared of ["/tmp", "/dev"]) this.#mount(join(this.path, shared), "--bind", shared);
    undo.move();
  }

  /** A command and its words, as `spawn` takes them. */
  command(file: string, ...args: readonly string[]): [string, string[]] {
    return ["chroot", [this.path, file, ...args]];
  }

  [Symbol.dispose](): void {
    this.#undo.dispose();
  }

  #mount(place: string, ...words: readonly string[]): void {
    execFileSync("mount", [...words, place]);
    this.#undo.defer(() => execFileSync("umount", ["--lazy", place]));
  }
}

function newestOf(name: string): string {
  const builtAt = (directory: string) => statSync(join(directory, "image.json")).mtimeMs;
  const [newest] = readdirSync(IMAGES)
    .filter((entry) => entry.startsWith(`${name}-`))
    .map((entry) => join(IMAGES, entry))
    .toSorted((one, other) => builtAt(other) - builtAt(one));
  if (!newest) throw new Error(`there is no image ${name} in ${IMAGES}`);
  return newest;
}
