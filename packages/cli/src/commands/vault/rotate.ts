import { Command } from "commander";
import { vaultWords } from "../../connections/describe-connection.ts";
import type { CliContext } from "../../context.ts";

/** `browservm vault rotate` */
export function vaultRotate(context: CliContext): Command {
  return new Command("rotate")
    .summary("take a new version of the master key; connections follow in the background")
    .action(async () => {
      const status = await context.client().vault.rotate();
      context.output.print(status, vaultWords(status));
    });
}
