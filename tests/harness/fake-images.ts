import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * Writes images for the fake VMM into `store`: each has a name and the words of its command line that plan what the
 * "guest" does (see vmm/fake/plan.ts). Kernel and root are a few bytes; everything else is as in a real store.
 */
export async function writeFakeImages(
  store: string,
  plans: Readonly<Record<string, string>>,
  { hasBrowser = false } = {},
): Promise<void> {
  for (const [name, commandLine] of Object.entries(plans)) {
    const id = `${name}-bookworm-${sha256(name).slice(0, 16)}`;
    const directory = join(store, id);
    await mkdir(directory, { recursive: true });
    const files: Record<string, { sha256: string; size: number }> = {};
    for (const file of ["kernel", "initrd", "rootfs"]) {
      const content = `${file} of ${name}\n`;
      await writeFile(join(directory, file), content, { mode: 0o444 });
      files[file] = { sha256: sha256(content), size: Buffer.byteLength(content) };
    }
    const record = {
      version: 1,
      id,
      name,
      suite: "bookworm",
      arch: process.arch === "arm64" ? "arm64" : "amd64",
      hasBrowser,
      commandLine,
      defaults: { vcpus: 1, memoryMib: 128, diskMib: 64 },
      builtAt: new Date(0).toISOString(),
      files,
    };
    await writeFile(join(directory, "image.json"), JSON.stringify(record));
  }
}
