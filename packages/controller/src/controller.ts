import { readFileSync } from "node:fs";
import { resolveConfig, toBrowserVmError } from "@browservm/contract";
import packageJson from "../package.json" with { type: "json" };
import { makeLogger } from "./log.ts";
import { startController } from "./start-controller.ts";
import { takeVaultKey } from "./vault/take-vault-key.ts";

/** Composition root of the controller process: settings in, JSON log lines out, SIGTERM or SIGINT ends it. */
async function main(): Promise<void> {
  const vaultKey = takeVaultKey(process.env);
  const file = process.env.BROWSERVM_CONFIG_FILE;
  const { config } = resolveConfig({
    env: process.env,
    ...(file ? { fileText: readFileSync(file, "utf8") } : {}),
  });
  const log = makeLogger(config.logLevel);
  process.umask(0o077);
  const controller = await startController({ config, log, version: packageJson.version, vaultKey });
  const end = async (signal: NodeJS.Signals) => {
    log.info({ signal }, "the controller ends; VMs go on");
    await controller[Symbol.asyncDispose]();
    process.exit(0);
  };
  process.once("SIGTERM", (signal) => void end(signal));
  process.once("SIGINT", (signal) => void end(signal));
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    const told = toBrowserVmError(error);
    makeLogger("info").fatal({ err: error, problem: told.toProblem() }, "the controller cannot start");
    process.exitCode = told.code === "INTERNAL" ? 70 : 1;
  });
}
