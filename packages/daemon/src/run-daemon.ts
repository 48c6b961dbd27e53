import { type Config, toBrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import { readSettings } from "./read-settings.ts";

export interface DaemonSpec {
  /** For its log, e.g. "the controller". */
  readonly name: string;
  /** What its end means for others; the end of a sentence. */
  readonly farewell: string;
  readonly makeLogger: (level: string) => Logger;
  readonly start: (config: Config, log: Logger) => Promise<AsyncDisposable>;
}

/** Runs a process of an ordinary user: settings in, JSON log lines out, until SIGTERM or SIGINT ends it in order. */
export async function runDaemon(spec: DaemonSpec): Promise<void> {
  try {
    await begin(spec);
  } catch (error) {
    const told = toBrowserVmError(error);
    spec.makeLogger("info").fatal({ err: error, problem: told.toProblem() }, `${spec.name} cannot start`);
    process.exitCode = told.code === "INTERNAL" ? 70 : 1;
  }
}

async function begin({ name, farewell, makeLogger, start }: DaemonSpec): Promise<void> {
  const config = readSettings();
  const log = makeLogger(config.logLevel);
  process.umask(0o077);
  const running = await start(config, log);
  const end = async (signal: NodeJS.Signals) => {
    log.info({ signal }, `${name} ends; ${farewell}`);
    await running[Symbol.asyncDispose]();
    process.exit(0);
  };
  process.once("SIGTERM", (signal) => void end(signal));
  process.once("SIGINT", (signal) => void end(signal));
}
