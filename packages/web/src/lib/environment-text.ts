import { SessionEnvironment } from "@browservm/contract";

export type ParsedEnvironment =
  | { readonly ok: true; readonly environment: SessionEnvironment }
  | { readonly ok: false; readonly problem: string };

/** Reads `KEY=value` lines; empty lines and lines that start with `#` say nothing. */
export function parseEnvironment(text: string): ParsedEnvironment {
  const environment: Record<string, string> = {};
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "");
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const cut = line.indexOf("=");
    if (cut < 1) return { ok: false, problem: `Line ${index + 1} has no “=”. Write KEY=value.` };
    environment[line.slice(0, cut).trim()] = line.slice(cut + 1);
  }
  const parsed = SessionEnvironment.safeParse(environment);
  if (parsed.success) return { ok: true, environment: parsed.data };
  const key = parsed.error.issues[0]?.path.join(".") ?? "";
  return { ok: false, problem: `“${key}” is not a valid name: letters, digits and _ only.` };
}
