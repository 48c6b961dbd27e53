import { execFileSync, spawn } from "node:child_process";

// For programs of ours that start often and do little: this loads nothing but Node's own (`run.ts` takes 0.3 s of a
// processor to load).
const ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C" };
const DEADLINE_MS = 30_000;

/** Runs a program to its end and waits for it; what it says of a failure goes to our own standard error. */
export function runPlain(file: string, args: readonly string[]): void {
  execFileSync(file, args, { env: ENV, stdio: ["ignore", "ignore", "inherit"], timeout: DEADLINE_MS });
}

/** Starts a program that says nothing; answers its pid. */
export function startPlain(file: string, args: readonly string[]): number {
  const { pid } = spawn(file, args, { env: ENV, stdio: "ignore" });
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  return pid;
}
