import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { describeGate } from "../sessions/describe-gate.ts";
import { describeSession } from "../sessions/describe-session.ts";

/** `browservm show` */
export function show(context: CliContext): Command {
  return new Command("show")
    .summary("show one session with the proof of its network")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      const client = context.client();
      const [session, { gate }] = await Promise.all([client.sessions.get(id), client.sessions.network(id)]);
      context.output.print({ ...session, gate }, `${describeSession(session)}\n${describeGate(gate)}`);
    });
}
