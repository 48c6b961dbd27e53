import { setTimeout as sleep } from "node:timers/promises";
import type { SessionId, Vm } from "@browservm/contract";
import type { Act } from "./acts.ts";
import { inGuest } from "./guest-asks.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine } from "./machine.ts";

const READY_MS = 15 * 60_000;
const BACK_MS = 10 * 60_000;

export interface Stage {
  readonly machine: Machine;
  readonly ledger: Ledger;
  /** The session that stays, and its VM as it was when it became ready. */
  readonly session: SessionId;
  readonly vm: Vm;
  readonly otherImage: string;
}

/** One act, to its end. What goes wrong is a loss in the ledger. */
export async function perform(act: Act, stage: Stage): Promise<void> {
  if (act === "other session")
    return stage.ledger.look("other session, create → ready → ended", () => other(stage));
  await stage.ledger.look(`${act} -9 → the session obeys again`, () => kill(act, stage));
}

async function other({ machine, otherImage }: Stage): Promise<void> {
  await using session = await machine.controller.client.sessions.create({ image: otherImage });
  await session.waitFor("ready", { timeoutMs: READY_MS });
}

async function kill(act: Act, { machine: { host, controller }, session, vm }: Stage): Promise<void> {
  const [isHostd, isController] = [act !== "kill controller", act !== "kill hostd"];
  const runs = (await host.client.getVm(vm.id)).gate?.run ?? 0;
  await Promise.all([
    isHostd ? host.end("SIGKILL") : undefined,
    isController ? controller.end("SIGKILL") : undefined,
  ]);
  if (isHostd) await host.startHostd();
  if (isController) await controller.startController();
  const adopted = await host.settled(vm.id, BACK_MS);
  if (adopted.state !== "ready") throw new Error(`the VM is ${adopted.state}: ${adopted.reason?.message}`);
  if (adopted.pid !== vm.pid || adopted.bootId !== vm.bootId) throw new Error("it is another VM");
  if (isHostd && (adopted.gate?.run ?? 0) <= runs) throw new Error("its gate was not run again");
  await untilReady(controller, session);
  await inGuest(controller.client, session, ["true"]);
}

/** The controller follows hostd by events, a moment later. */
async function untilReady({ client }: Machine["controller"], id: SessionId): Promise<void> {
  const deadline = performance.now() + BACK_MS;
  for (;;) {
    const { status } = await client.sessions.get(id);
    if (status === "ready") return;
    if (status !== "pending" || performance.now() > deadline) throw new Error(`the session is ${status}`);
    await sleep(200);
  }
}
