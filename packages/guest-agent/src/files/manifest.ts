import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { GuestResult } from "@browservm/contract/guest/calls";
import { Manifest } from "@browservm/contract/guest/files";

type Injected = GuestResult<"hello">["injected"];

/**
 * Compares each injected file with the manifest that came with it. A manifest that cannot be read is itself
 * told as missing or altered; that none of the files is checked must never look like all is well.
 */
export async function checkManifest(path: string): Promise<Injected> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return [{ path, state: "missing" }];
  const manifest = Manifest.safeParse(parseOrNothing(text));
  if (!manifest.success) return [{ path, state: "altered" }];
  return Promise.all(
    manifest.data.files.map(async (file) => ({ path: file.path, state: await stateOf(file) })),
  );
}

async function stateOf(file: Manifest["files"][number]): Promise<Injected[number]["state"]> {
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile()) return "missing";
  const sha256 = createHash("sha256")
    .update(await readFile(file.path))
    .digest("hex");
  if (sha256 !== file.sha256) return "altered";
  return (found.mode & 0o7777) === (file.mode & 0o7777) ? "ok" : "wrong-mode";
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told as altered
  }
}
