import { ConnectionId, toBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { SYSTEM } from "../audit/audit-log.ts";
import { VaultFixture } from "./vault-fixture.ts";

/** What a test tells this process: where the database is, and how many tokens to ask for at one time. */
const Order = z.object({ directory: z.string(), id: ConnectionId, asks: z.coerce.number() });

/** A second controller's vault on the same database: a process of its own, that begins when it is told to. */
const [directory, id, asks] = process.argv.slice(2);
const order = Order.parse({ directory, id, asks });
const fixture = new VaultFixture(order.directory);
const { parts } = await fixture.open();
process.once("message", () => void work());
process.send?.("ready");

async function work(): Promise<void> {
  const all = Array.from({ length: order.asks }, () => parts.connections.token(order.id, SYSTEM));
  const outcome = await Promise.all(all).then(
    (tokens) => ({ tokens: tokens.map(({ accessToken }) => accessToken) }),
    (error: unknown) => ({ problem: toBrowserVmError(error).toProblem() }),
  );
  await fixture.closeAll();
  process.send?.(outcome, () => process.disconnect());
}
