import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { sshToSession } from "../ssh/ssh-to-session.ts";

/** `browservm ssh` */
export function ssh(context: CliContext): Command {
  return new Command("ssh")
    .summary("log in to a session's VM")
    .description(
      "Runs OpenSSH with a key that is made for this call. What stands behind `--` goes to ssh, e.g. `-L 8080:localhost:80` or a command.",
    )
    .usage("<session> [-- ssh arguments]")
    .argument("<session>", "id of the session")
    .argument("[arguments...]", "more arguments for ssh")
    .action(async (id: string, more: string[]) => {
      process.exitCode = await sshToSession(context, id, more);
    });
}
