import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes programs named `firecracker` and `jailer` into a directory, which run the stand-ins of this folder. */
export async function installStandIn(
  directory: string,
  version: { readonly firecracker?: string; readonly jailer?: string } = {},
): Promise<{ firecracker: string; jailer: string }> {
  await mkdir(directory, { recursive: true });
  const program = async (name: "firecracker" | "jailer"): Promise<string> => {
    const path = join(directory, name);
    const script = join(import.meta.dirname, `${name}-process.ts`);
    const settings = version[name] ? `STAND_IN_VERSION=${version[name]} ` : "";
    await writeFile(path, `#!/bin/sh\n${settings}exec ${process.execPath} ${script} "$@"\n`);
    await chmod(path, 0o755);
    return path;
  };
  return { firecracker: await program("firecracker"), jailer: await program("jailer") };
}
