import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CliContext } from "../context.ts";

/** Saves a session's display to a file, or writes it to stdout for `-`. */
export async function saveScreenshot(context: CliContext, id: string, file: string): Promise<void> {
  const png = await context.client().sessions.screenshot(id, { signal: context.signal });
  if (file === "-") return context.output.write(png);
  const path = resolve(file);
  await writeFile(path, png);
  context.output.print({ path, bytes: png.length }, `${path} (${png.length} bytes)`);
}
