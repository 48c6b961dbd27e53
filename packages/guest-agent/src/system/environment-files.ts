import { GUEST_PATHS } from "@browservm/contract/guest/files";
import { runOrThrow } from "../child.ts";

const COMMAND_MS = 20_000;

export interface EnvironmentFile {
  readonly path: string;
  /** `EnvironmentFile=-/path`: it may be missing. */
  readonly optional: boolean;
}

/** The session's own environment file, whether or not a unit reads it. */
export const SESSION_FILE: EnvironmentFile = { path: GUEST_PATHS.environment, optional: true };

/** The files that services which are loaded now read their environment from. */
export async function listEnvironmentFiles(): Promise<EnvironmentFile[]> {
  const args = ["--no-pager", "show", "--property=EnvironmentFiles", "--", "*.service"];
  return parseEnvironmentFiles(await runOrThrow("systemctl", args, { timeoutMs: COMMAND_MS }));
}

/** `systemctl show` writes "EnvironmentFiles=/etc/default/ssh (ignore_errors=yes)", a line for each. Patterns are left out. */
export function parseEnvironmentFiles(text: string): EnvironmentFile[] {
  const found = [...text.matchAll(/^EnvironmentFiles=(\/.*) \(ignore_errors=(yes|no)\)$/gm)]
    .map(([, path = "", ignore]) => ({ path, optional: ignore === "yes" }))
    .filter(({ path }) => !/[*?[]/.test(path));
  return [...new Map(found.map((file) => [file.path, file])).values()].slice(0, 64);
}
