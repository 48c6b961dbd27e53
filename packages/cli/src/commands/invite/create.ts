import { Role } from "@browservm/contract";
import { Command, Option } from "commander";
import type { CliContext } from "../../context.ts";
import { duration } from "../../parse-options.ts";
import { invitationWords } from "../../people/describe-people.ts";

const THREE_DAYS_S = 259_200;

/** `browservm invite create` */
export function inviteCreate(context: CliContext): Command {
  return new Command("create")
    .summary("make a one-time link by which somebody becomes a person of the page; it is shown once")
    .argument("<email>", "whom it is for")
    .addOption(new Option("--role <role>", "what they may do").choices([...Role.options]).default("member"))
    .addOption(
      new Option("--expires <time>", "how long the link lasts: 15m, 8h, 7d")
        .argParser(duration)
        .default(THREE_DAYS_S, "3d"),
    )
    .action(async (email: string, { role, expires }: { role: Role; expires: number }) => {
      const link = await context.client().invitations.create({ email, role, ttlSeconds: expires });
      context.output.print(link, invitationWords(link));
    });
}
