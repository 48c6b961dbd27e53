import { CommanderError } from "commander";
import { CliContext } from "./context.ts";
import { EXIT, exitStatusOf } from "./exit-codes.ts";
import { makeProgram } from "./program.ts";

/** The command's composition root: the only place that reads the environment and ends the process. */
async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => interrupted.abort());
  // `browservm ls | head` closes our stdout: that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const { BVM_VAULT_KEY: vaultKey, ...env } = process.env;
  // For the controller alone: nothing else that is started may inherit it.
  delete process.env.BVM_VAULT_KEY;
  const context = new CliContext(env, interrupted.signal, vaultKey);
  const program = makeProgram(context);
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.exitOverride().showSuggestionAfterError();
  try {
    await program.parseAsync(process.argv);
    return typeof process.exitCode === "number" ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (interrupted.signal.aborted) return EXIT.interrupted;
    // Commander has already said what is wrong with the command line.
    if (!(error instanceof CommanderError)) context.output.error(error);
    return exitStatusOf(error);
  }
}

process.exit(await main());
