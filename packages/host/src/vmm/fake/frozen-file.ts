import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { GuestMemory } from "./guest-memory.ts";
import { FakeMachine, FakePlan } from "./plan.ts";

const Frozen = z.object({ machine: FakeMachine, plan: FakePlan, memory: GuestMemory });

/** A frozen fake VM. */
export type Frozen = z.infer<typeof Frozen>;

export const frozenFileOf = (directory: string): string => join(directory, "state");

/** Writes it to disk, with the hash of all of it in the first line; settled when it returns. */
export function writeFrozen(directory: string, frozen: Frozen): void {
  const text = JSON.stringify(frozen);
  writeFileSync(frozenFileOf(directory), `${sha256(text)}\n${text}`, { mode: 0o600, flush: true });
  const fd = openSync(directory, "r");
  fsyncSync(fd);
  closeSync(fd);
}

/** Reads what `writeFrozen` wrote. SNAPSHOT_DAMAGED when anything of it is missing or altered. */
export function readFrozen(directory: string): Frozen {
  const path = frozenFileOf(directory);
  try {
    const [hash = "", text = ""] = splitOnce(readFileSync(path, "utf8"));
    if (sha256(text) !== hash) throw new Error("its hash is another one");
    return Frozen.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `${path}: ${why}`, { path }, { cause });
  }
}

/** SNAPSHOT_MISMATCH where the machine that was frozen is another one than that which shall go on. */
export function requireSameMachine(frozen: FakeMachine, wanted: FakeMachine): void {
  const other = (Object.keys(wanted) as Array<keyof FakeMachine>).find((key) => frozen[key] !== wanted[key]);
  if (other === undefined) return;
  const words = `frozen with ${other} ${frozen[other]}, to be restored with ${wanted[other]}`;
  throw new BrowserVmError("SNAPSHOT_MISMATCH", words, { frozen, wanted });
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("\n");
  return [text.slice(0, at), text.slice(at + 1)];
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
