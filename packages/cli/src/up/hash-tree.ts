import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Directories that never belong to sources. */
const SKIPPED = new Set(["node_modules", ".next", "dist", ".git"]);

/** Files under a directory in a stable order, without tests and what builds leave behind. */
export async function sourceFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(path);
      return entry.isFile() && !entry.name.endsWith(".test.ts") ? [path] : [];
    }),
  );
  return nested.flat().toSorted();
}

/** First 16 hex digits of the SHA-256 over names and contents. Other facts (versions) go in as `salt`. */
export async function hashFiles(root: string, files: readonly string[], salt: string): Promise<string> {
  const hash = createHash("sha256").update(salt);
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`\0${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}
