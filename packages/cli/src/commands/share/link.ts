import { Command, Option } from "commander";
import type { CliContext } from "../../context.ts";
import { duration } from "../../parse-options.ts";
import { linkWords } from "../../sharing/describe-sharing.ts";

interface LinkOptions {
  readonly viewOnly?: boolean;
  readonly name?: string;
  readonly expires: number;
  readonly once?: boolean;
}

const AN_HOUR_S = 3600;

/** `browservm share link` */
export function shareLink(context: CliContext): Command {
  return new Command("link")
    .summary("make a link to a session's live view; it is shown once")
    .argument("<session>", "id of the session")
    .option("--view-only", "it may look but not touch")
    .option("--name <name>", "for whom it is; the others see that name")
    .addOption(expires())
    .option("--once", "it lets the first one in, nobody after")
    .action(async (id: string, { viewOnly, name, expires, once }: LinkOptions) => {
      const link = await context.client().sessions.createViewToken(id, {
        role: viewOnly ? "view" : "control",
        ttlSeconds: expires,
        oneTime: once === true,
        ...(name === undefined ? {} : { name }),
      });
      const { url, role, expiresAt } = link;
      context.output.print({ id: link.id, url, role, expiresAt }, linkWords(id, link));
    });
}

const expires = () =>
  new Option("--expires <time>", "how long it and every sign-in by it last: 30s, 15m, 8h, 7d")
    .argParser(duration)
    .default(AN_HOUR_S, "1h");
