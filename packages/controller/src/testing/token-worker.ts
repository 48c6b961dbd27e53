import { parentPort, workerData } from "node:worker_threads";
import { ConnectionId, toBrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { SYSTEM } from "../audit/audit-log.ts";
import { VaultFixture } from "./vault-fixture.ts";

/** What a test tells this worker: where the database is, and how many tokens to ask for at one time. */
const Order = z.object({ directory: z.string(), id: ConnectionId, asks: z.number() });

/** A second controller's vault on the same database, on a thread of its own as a real one is a process of its own. */
const { directory, id, asks } = Order.parse(workerData);
const fixture = new VaultFixture(directory);
const { parts } = await fixture.open();
parentPort?.once("message", () => void work());
parentPort?.postMessage("ready");

async function work(): Promise<void> {
  const all = Array.from({ length: asks }, () => parts.connections.token(id, SYSTEM));
  const outcome = await Promise.all(all).then(
    (tokens) => ({ tokens: tokens.map(({ accessToken }) => accessToken) }),
    (error: unknown) => ({ problem: toBrowserVmError(error).toProblem() }),
  );
  await fixture.closeAll();
  parentPort?.postMessage(outcome);
}
