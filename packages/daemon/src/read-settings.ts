import { readFileSync } from "node:fs";
import { type Config, resolveConfig } from "@browservm/contract";

/** The settings that the launcher wrote into a file for this process, and those of the environment. BAD_CONFIG. */
export function readSettings(): Config {
  const file = process.env.BROWSERVM_CONFIG_FILE;
  return resolveConfig({
    env: process.env,
    ...(file ? { fileText: readFileSync(file, "utf8") } : {}),
  }).config;
}
