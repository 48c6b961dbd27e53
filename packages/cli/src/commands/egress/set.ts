import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { egressWords } from "../../sessions/describe-egress.ts";
import {
  ALLOW,
  collect,
  DENY,
  EGRESS_FILE,
  type EgressArguments,
  egressOf,
} from "../../sessions/egress-options.ts";
import { withProxyOptions } from "../../sessions/proxy-options.ts";

/** `browservm egress set` */
export function egressSet(context: CliContext): Command {
  const command = new Command("set")
    .summary("change where a session may go; without any option it has no policy any more")
    .argument("<session>", "id of the session")
    .option("--allow <target>", ALLOW, collect)
    .option("--deny <target>", DENY, collect)
    .option("--egress <file>", EGRESS_FILE);
  // After `--proxy`: alone it would mean that there is one by default.
  return withProxyOptions(command)
    .option("--no-proxy", "without its proxy from now on; else that stays, unless another one is given")
    .action(async (id: string, options: EgressArguments) => {
      const { sessions } = context.client();
      const wanted = await egressOf(options);
      const kept = wanted?.proxy || options.proxy === false ? undefined : await proxyNow(sessions, id);
      const policy = kept ? { ...(wanted ?? { allow: [], deny: [] }), proxy: kept } : (wanted ?? null);
      const report = await sessions.setEgress(id, policy);
      context.output.print(report, egressWords(report));
    });
}

/** What it has is told by its id only, which keeps it. */
const proxyNow = async (sessions: Sessions, id: string) => (await sessions.egress(id)).policy?.proxy;
type Sessions = ReturnType<CliContext["client"]>["sessions"];
