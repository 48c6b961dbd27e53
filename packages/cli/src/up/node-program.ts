import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "@browservm/contract";
import { closedAbove } from "./passable.ts";
import { upPlaces } from "./places.ts";

const OTHERS_READ_AND_EXECUTE = 0o005;

/** A Node that the service user may run: ours, or a copy when ours lies in a person's home. */
export function nodeProgram(config: Config, ours: string = process.execPath): string {
  if (isOpenToAll(ours)) return ours;
  const copy = join(upPlaces(config).runtime, `node-${process.versions.node}`);
  if (existsSync(copy)) return copy;
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(ours, `${copy}.new`);
  chmodSync(`${copy}.new`, 0o755);
  renameSync(`${copy}.new`, copy);
  return copy;
}

/** Whether everybody may run the program: it, and every directory above it. */
export function isOpenToAll(file: string): boolean {
  const isRunnable = (statSync(file).mode & OTHERS_READ_AND_EXECUTE) === OTHERS_READ_AND_EXECUTE;
  return isRunnable && closedAbove(file) === undefined;
}
