import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import type { z } from "zod";
import { writeLasting } from "../files/lasting.ts";

/** What a driver knows of a VM that it froze. Written last: in a directory without it nothing is frozen. */
export const factsFileOf = (directory: string): string => join(directory, "facts.json");

/** Durable when it settles. */
export const writeFactsFile = (directory: string, facts: object): Promise<void> =>
  writeLasting(factsFileOf(directory), JSON.stringify(facts), 0o600);

/** SNAPSHOT_DAMAGED when they are missing, cut or another driver's. */
export async function readFactsFile<T>(directory: string, schema: z.ZodType<T>): Promise<T> {
  const path = factsFileOf(directory);
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? "cannot be read" : "is damaged";
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `${path} ${why}`, { path }, { cause });
  }
}
