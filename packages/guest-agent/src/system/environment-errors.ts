import { readFile } from "node:fs/promises";
import type { EnvironmentFile } from "./environment-files.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_ERRORS = 32;
const QUOTES = { "'": "single", '"': "double" } as const;

interface Assignment {
  readonly key: string;
  /** Where it begins. */
  readonly line: number;
  readonly hasValue: boolean;
  /** Its quote is still open where the file ends. */
  readonly openQuote?: "single" | "double";
}

/**
 * What systemd cannot use of an EnvironmentFile=, as "path:line: why"; never a value, for it may be a secret.
 * The rules are those of systemd.exec(5) and src/basic/env-file.c.
 */
export function environmentErrors(path: string, bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString("utf8");
  const at = (line: number, why: string) => `${path}:${line}: ${why}`.slice(0, 512);
  const nul = text.indexOf("\0");
  const errors = splitAssignments(nul < 0 ? text : text.slice(0, nul)).flatMap((one) => {
    const why = faultOf(one);
    return why ? [at(one.line, why)] : [];
  });
  if (nul >= 0) errors.push(at(lineAt(text, nul), "a NUL byte; systemd reads no further"));
  const encoding = badEncodingAt(bytes);
  if (encoding) errors.push(at(encoding, "not UTF-8; systemd refuses the whole file"));
  return errors;
}

/** The same of these files, and of each that is missing although it is not optional. */
export async function readEnvironmentErrors(files: readonly EnvironmentFile[]): Promise<string[]> {
  const errors = await Promise.all(
    files.map(async ({ path, optional }) => {
      try {
        return environmentErrors(path, await readFile(path));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return optional && code === "ENOENT" ? [] : [`${path}:0: it cannot be read (${code})`];
      }
    }),
  );
  return errors.flat().slice(0, MAX_ERRORS);
}

function faultOf({ key, hasValue, openQuote }: Assignment): string | undefined {
  if (!hasValue) return "there is no `=`; systemd leaves the line out";
  if (!NAME.test(key)) return "what is in front of `=` is not a name that an environment can hold";
  if (openQuote) return `a ${openQuote} quote is never closed; all that follows becomes part of this value`;
  return undefined;
}

/** Assignments in their order. A quoted value may go over lines, and a backslash joins lines. */
function splitAssignments(text: string): Assignment[] {
  const found: Assignment[] = [];
  let line = 1;
  let rest = text;
  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    line += taken.split("\n").length - 1;
    return taken;
  };
  while (rest !== "") {
    if (take(/^\s*/.exec(rest)?.[0].length ?? 0) !== "") continue;
    if (/^[#;]/.test(rest)) {
      take(/^(?:\\[\s\S]|[^\n\\])*\\?\n?/.exec(rest)?.[0].length ?? rest.length);
      continue;
    }
    const start = line;
    const key = take(/^[^=\n]*/.exec(rest)?.[0].length ?? 0).trim();
    if (!rest.startsWith("=")) found.push({ key, line: start, hasValue: false });
    else found.push({ key, line: start, hasValue: true, ...takeValue(take, () => rest) });
  }
  return found;
}

/** Takes `=` and the value up to its end of line; tells of a quote that stays open. */
function takeValue(
  take: (length: number) => string,
  rest: () => string,
): { readonly openQuote?: "single" | "double" } {
  take(1);
  while (rest() !== "" && !rest().startsWith("\n")) {
    take(/^[^\S\n]*/.exec(rest())?.[0].length ?? 0);
    const quote = rest()[0];
    if (quote === "'" || quote === '"') {
      const whole = quote === '"' ? /^"(?:\\[\s\S]|[^"\\])*"/.exec(rest()) : /^'[^']*'/.exec(rest());
      if (!whole) {
        take(rest().length);
        return { openQuote: QUOTES[quote] };
      }
      take(whole[0].length);
      continue;
    }
    // Once a bare character was seen, quotes are characters like others (state VALUE of the parser).
    take(/^(?:\\[\s\S]|[^\n\\])*\\?/.exec(rest())?.[0].length ?? 0);
  }
  return {};
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** The first line that is not UTF-8. */
function badEncodingAt(bytes: Uint8Array): number | undefined {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const bad = lines.findIndex((line) => !isUtf8(Buffer.from(line, "latin1")));
  return bad < 0 ? undefined : bad + 1;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // a TypeError is its only answer
  }
}
