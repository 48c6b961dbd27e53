import { StreamService } from "@browservm/contract";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { joinStream } from "../sessions/join-stream.ts";

/** `browservm stream`, hidden: what `ssh` uses as its ProxyCommand. */
export function stream(context: CliContext): Command {
  return new Command("stream")
    .summary("connect stdin and stdout to a guest service")
    .argument("<session>", "id of the session")
    .argument("<service>", "vnc, ssh, agent, cdp, media or port-N", (text) => StreamService.parse(text))
    .action((id: string, service: StreamService) => joinStream(context, id, service));
}
