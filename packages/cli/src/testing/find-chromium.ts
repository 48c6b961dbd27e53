import { existsSync } from "node:fs";
import { join } from "node:path";
import { runAttached, runQuietly } from "../process.ts";
import { CHECKOUT } from "../up/checkout.ts";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

/** A Chromium for the web tier: the distribution's, else (Ubuntu has only a snap stub) Playwright's own build. */
export async function findChromium(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { BROWSERVM_TEST_CHROMIUM: chosen } = env;
  if (chosen) return chosen;
  if (existsSync(DEBIAN_CHROMIUM)) return DEBIAN_CHROMIUM;
  const playwright = join(CHECKOUT, "node_modules/playwright-core");
  const install = [join(playwright, "cli.js"), "install", "--with-deps", "chromium"];
  await runAttached({ file: process.execPath, args: install, cwd: CHECKOUT, env });
  const ask = `process.stdout.write(require(${JSON.stringify(playwright)}).chromium.executablePath())`;
  return runQuietly(process.execPath, ["--eval", ask]);
}
