import { readFile } from "node:fs/promises";

const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/**
 * Settings of the session in systemd's EnvironmentFile syntax, as the host writes it: `KEY="value"` with `\\`, `\"`,
 * `\$` and `` \` `` escaped (systemd.exec(5)). A value without quotes means itself; other lines are left out.
 */
export function parseSessionEnvironment(text: string): Record<string, string> {
  const settings: Array<[string, string]> = [];
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const key = line.slice(0, Math.max(0, at));
    const value = unquote(line.slice(at + 1));
    if (KEY.test(key) && value !== undefined) settings.push([key, value]);
  }
  return Object.fromEntries(settings);
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  return /^"((?:[^"\\]|\\.)*)"\s*$/.exec(text)?.[1]?.replace(/\\([\\"$`])/g, "$1");
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
