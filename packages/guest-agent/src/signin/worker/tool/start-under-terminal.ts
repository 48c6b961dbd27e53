import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { SigninError } from "../../orders.ts";
import { SCREEN } from "./screen.ts";

export interface Program {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The environment that a tool gets: a terminal, and what stands for a browser. */
export function toolEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  shims: string,
): Record<string, string> {
  const given = { ...base, ...own };
  const defined = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
  return {
    ...Object.fromEntries(defined),
    TERM: own.TERM ?? "xterm-256color",
    BROWSER: join(shims, "xdg-open"),
    PATH: `${shims}${delimiter}${given.PATH ?? "/usr/bin:/bin"}`,
  };
}

/**
 * Starts the program under a terminal of its own, by script(1): its input is what is typed, its output what is shown, and
 * its status the program's. SIGNIN_TOOL_MISSING.
 */
export function startUnderTerminal(program: Program): ChildProcess {
  mustExist(program);
  const { command, env, cwd } = program;
  const { columns, rows } = SCREEN;
  // The shims find the terminal by its name: what is started without a controlling terminal has no /dev/tty.
  const line = `stty cols ${columns} rows ${rows}; BROWSERVM_TTY=$(tty); export BROWSERVM_TTY; exec ${command.map(quote).join(" ")}`;
  return spawn("script", ["-qefc", line, "/dev/null"], { cwd, env, stdio: ["pipe", "pipe", "ignore"] });
}

/** SIGNIN_TOOL_MISSING, unless the program can be started: a relative one is there where it is started, not where we are. */
export function mustExist({ command: [program = ""], env, cwd }: Program): void {
  const places = program.includes("/")
    ? [resolve(cwd, program)]
    : (env.PATH ?? "").split(delimiter).map((at) => join(at, program));
  const isThere = places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false; // not there, or not ours to run
    }
  });
  if (!isThere) throw new SigninError("SIGNIN_TOOL_MISSING", `${program} is not in the guest`);
}

/** One word of a shell's line. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
