import type { Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { FILE_LIMITS } from "@browservm/contract/guest/home-path";
import { namesOf, openBelow, within } from "./open-below.ts";

export interface ListedFile {
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly modifiedAt: string;
}

export interface Listing {
  readonly entries: readonly ListedFile[];
  readonly truncated: boolean;
}

/** More names are not even looked at: a page could fill a directory with millions. */
const MOST_NAMES = 10_000;

/** What is in a directory below the home, the newest first. Links are told, never followed. */
export async function listDirectory(home: string, path: string): Promise<Listing> {
  await using directory = await openBelow(home, namesOf(path));
  const { names, truncated } = await readNames(within(directory, "."));
  const found: ListedFile[] = [];
  for (const name of names) {
    // One that went away meanwhile is not there.
    const stats = await lstat(within(directory, name)).catch(() => undefined);
    if (stats) found.push(describe(name, stats));
  }
  found.sort((a, b) => b.modifiedAt.localeCompare(a.modifiedAt) || a.name.localeCompare(b.name));
  const { entries } = FILE_LIMITS;
  return { entries: found.slice(0, entries), truncated: truncated || found.length > entries };
}

async function readNames(path: string): Promise<{ names: string[]; truncated: boolean }> {
  const names: string[] = [];
  let truncated = false;
  for await (const { name } of await opendir(path)) {
    // What is no UTF-8 comes with this mark, and nobody could name it.
    if (name.includes("\uFFFD")) truncated = true;
    else names.push(name);
    if (names.length < MOST_NAMES) continue;
    truncated = true;
    break;
  }
  return { names, truncated };
}

const EARLIEST = 0;
const LATEST = Date.UTC(9999, 0);

function describe(name: string, stats: Stats): ListedFile {
  // Any number can stand there: files may be dated by who made them.
  const ms = Math.min(LATEST, Math.max(EARLIEST, stats.mtimeMs));
  return { name, kind: kindOf(stats), size: stats.size, modifiedAt: new Date(ms).toISOString() };
}

function kindOf(stats: Stats): ListedFile["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}
