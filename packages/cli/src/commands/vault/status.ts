import { Command } from "commander";
import { vaultWords } from "../../connections/describe-connection.ts";
import type { CliContext } from "../../context.ts";

/** `browservm vault status` */
export function vaultStatus(context: CliContext): Command {
  return new Command("status")
    .summary("whether the vault is open, and how far a rotation is")
    .action(async () => {
      const status = await context.client().vault.status();
      context.output.print(status, vaultWords(status));
    });
}
