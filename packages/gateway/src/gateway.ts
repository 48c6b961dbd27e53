import { readFileSync } from "node:fs";
import { resolveConfig, toBrowserVmError } from "@browservm/contract";
import { makeLogger } from "./log.ts";
import { startGateway } from "./start-gateway.ts";

/** Composition root of the gateway process: settings in, JSON log lines out, SIGTERM or SIGINT ends it. */
async function main(): Promise<void> {
  const file = process.env.BROWSERVM_CONFIG_FILE;
  const { config } = resolveConfig({
    env: process.env,
    ...(file ? { fileText: readFileSync(file, "utf8") } : {}),
  });
  const log = makeLogger(config.logLevel);
  process.umask(0o077);
  const gateway = await startGateway({ config, log });
  const end = async (signal: NodeJS.Signals) => {
    log.info({ signal }, "the gateway ends; viewers go on by VNC");
    await gateway[Symbol.asyncDispose]();
    process.exit(0);
  };
  // A viewer's packet that the library of WebRTC stumbles over is no reason to end everybody's picture.
  process.on("uncaughtException", (error) => log.error({ err: error }, "something was not caught"));
  process.once("SIGTERM", (signal) => void end(signal));
  process.once("SIGINT", (signal) => void end(signal));
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    const told = toBrowserVmError(error);
    makeLogger("info").fatal({ err: error, problem: told.toProblem() }, "the gateway cannot start");
    process.exitCode = told.code === "INTERNAL" ? 70 : 1;
  });
}
