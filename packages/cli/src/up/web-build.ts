import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "@browservm/contract";
import { runQuietly } from "../process.ts";
import { CHECKOUT } from "./checkout.ts";
import { hashFiles, sourceFiles } from "./hash-tree.ts";

const WEB = join(CHECKOUT, "packages/web");
/** What the page is built from. */
const SOURCES = ["packages/web", "packages/sdk/src", "packages/contract/src"];

export interface WebBuild {
  /** Hash of what it was built from. */
  readonly id: string;
  /** Directory that is all the page's server needs. */
  readonly standalone: string;
}

/** Builds the page when its sources have changed since the last time. */
export async function buildWeb(progress: Progress): Promise<WebBuild> {
  const standalone = join(WEB, ".next/standalone");
  const stamp = join(WEB, ".next/built-from");
  const files = (await Promise.all(SOURCES.map((path) => sourceFiles(join(CHECKOUT, path))))).flat();
  // Next writes this one itself.
  const sources = files.filter((file) => !file.endsWith("next-env.d.ts"));
  const id = await hashFiles(CHECKOUT, [...sources, join(CHECKOUT, "package-lock.json")], process.version);
  const built = await readFile(stamp, "utf8").catch(() => "");
  if (built === id && existsSync(join(standalone, "packages/web/server.js"))) return { id, standalone };
  progress.step("page (the first build takes a minute)");
  await runQuietly("npm", ["run", "build", "--prefix", WEB]);
  await writeFile(stamp, id);
  return { id, standalone };
}
