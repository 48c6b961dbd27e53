/** Writes docs/reference from the code. `--check` writes nothing and fails when a page differs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiPage } from "./reference/api-page.ts";
import { cliPage } from "./reference/cli-page.ts";
import { configPage } from "./reference/config-page.ts";
import { errorsPage } from "./reference/errors-page.ts";
import { faultsPage } from "./reference/faults-page.ts";
import { pathsPage } from "./reference/paths-page.ts";

const PAGES: Readonly<Record<string, () => string>> = {
  "errors.md": errorsPage,
  "config.md": configPage,
  "api.md": apiPage,
  "cli.md": cliPage,
  "faults.md": faultsPage,
  "paths.md": pathsPage,
};

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const [name, make] of Object.entries(PAGES)) {
  const file = join(import.meta.dirname, "../docs/reference", name);
  const wanted = make();
  if (read(file) === wanted) continue;
  stale.push(`docs/reference/${name}`);
  if (isCheck) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}
if (isCheck && stale.length > 0) {
  console.error(`not in agreement with the code: ${stale.join(", ")}\n  → npm run generate`);
  process.exit(1);
}
if (!isCheck) console.log(stale.length > 0 ? `written: ${stale.join(", ")}` : "nothing to do");

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // not there yet
  }
}
