import { readFile } from "node:fs/promises";

const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** These would let a setting of the session change how our own programs start. */
const REFUSED = /^(LD_|NODE_|BASH_ENV$|ENV$|IFS$|DBUS_)/;

/**
 * Settings of the session: `KEY=value` lines, taken literally (spaces, quotes, `#`, `$` mean themselves).
 * Only a line that begins with `#` is a comment; a line without a valid key is left out.
 */
export function parseSessionEnvironment(text: string): Record<string, string> {
  const settings: Array<[string, string]> = [];
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const key = line.slice(0, Math.max(0, at));
    if (KEY.test(key) && !REFUSED.test(key)) settings.push([key, line.slice(at + 1)]);
  }
  return Object.fromEntries(settings);
}

/** The settings in the file; none when there is no file. */
export async function readSessionEnvironment(path: string): Promise<Record<string, string>> {
  try {
    return parseSessionEnvironment(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
