import { sealFiles } from "../vm/frozen/frozen-files.ts";
import { type FrozenManifest, writeManifest } from "../vm/frozen/frozen-manifest.ts";

/** Makes a frozen VM of what is in the directory: the manifest of a fake VM with so much memory, written there. */
export async function sealAsFrozen(directory: string, memoryMib: number): Promise<FrozenManifest> {
  const manifest: FrozenManifest = {
    version: 1,
    driver: "fake",
    accelerator: "tcg",
    vmm: "fake",
    cpu: "none",
    imageId: "tiny-1",
    vcpus: 1,
    memoryMib,
    netns: "1",
    at: new Date().toISOString(),
    overlay: { size: 1, modified: "1" },
    files: await sealFiles(directory),
  };
  await writeManifest(directory, manifest);
  return manifest;
}
