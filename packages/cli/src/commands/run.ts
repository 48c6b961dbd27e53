import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { assignment, eachOnce, wholeNumber } from "../parse-options.ts";
import { clipboardOption } from "../sessions/clipboard-option.ts";
import { ALLOW, collect, DENY, DENY_DNS, EGRESS_FILE } from "../sessions/egress-options.ts";
import { withProxyOptions } from "../sessions/proxy-options.ts";
import { type RunOptions, runSession } from "../sessions/run-session.ts";

/** `browservm run` */
export function run(context: CliContext): Command {
  const command = new Command("run")
    .summary("start a session, with a page open, and print its link")
    .argument("[url]", "page to open")
    .option("--image <name>", "golden image", "browser")
    .option("--vcpus <n>", "virtual CPUs", wholeNumber)
    .option("--memory <mib>", "memory in MiB", wholeNumber)
    .option("--ttl <seconds>", "seconds until it ends by itself", wholeNumber)
    .option("--env <name=value>", "setting inside the VM (repeat it)", assignment)
    .option("--label <name=value>", "label (repeat it)", assignment)
    .option("--allow <target>", ALLOW, collect)
    .option("--deny <target>", DENY, collect)
    .option("--deny-public-dns", DENY_DNS)
    .option("--egress <file>", EGRESS_FILE);
  return withProxyOptions(command)
    .addOption(clipboardOption())
    .option("--connection <id>", "connection to be signed in with (repeat it)", eachOnce)
    .option("--profile <name>", "browser profile to begin with; saved when the session ends")
    .option("--read-only", "load the profile, and do not save it")
    .option("--no-pool", "never a VM that was made ahead of demand")
    .option("--boot", "boot it, instead of restoring a snapshot or taking a VM of a pool")
    .option("--keep-failed", "keep a VM that did not become ready, for inspection")
    .option("--no-wait", "do not wait until it is ready")
    .option("--timeout <seconds>", "how long to wait", wholeNumber, 900)
    .action(async (url: string | undefined, options: RunOptions) => {
      const result = await runSession(context, url, options);
      context.output.print(result, result.url);
    });
}
