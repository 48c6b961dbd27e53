import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { NOTHING } from "../harness/host-under-test.ts";
import { planActs } from "./acts.ts";
import { GuestAsks, inGuest } from "./guest-asks.ts";
import { Ledger, type LedgerRow, type Loss } from "./ledger.ts";
import { lookUntil } from "./looks.ts";
import { Machine } from "./machine.ts";
import { perform, type Stage } from "./perform.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Sessions that come and go meanwhile. */
  readonly others: number;
  readonly image: string;
  readonly otherImage: string;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

export interface SoakResult {
  readonly minutes: number;
  readonly accelerator: string;
  readonly others: number;
  readonly rows: readonly LedgerRow[];
  readonly losses: readonly Loss[];
}

const READY_MS = 15 * 60_000;

/**
 * Keeps one session, and looks at it all the time, while others come and go and hostd and controller are killed. Ends
 * when the time is over and every act was performed, however long those took.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { note, image, otherImage } = options;
  const ledger = new Ledger();
  const asks = new GuestAsks(ledger);
  await using machine = await Machine.start((path) => asks.onRequest(path));
  const { client } = machine.controller;
  note("the session that stays");
  const session = await client.sessions.create({ image, ttlSeconds: 86_400 });
  const { vm: shown } = await session.waitFor("ready", { timeoutMs: READY_MS, signal: options.signal });
  if (!shown) throw new Error("a ready session without a VM");
  const vm = await machine.host.client.getVm(shown.id);
  await asks.begin(client, session.id);
  const started = performance.now();
  const others = await whileLookedAt({ machine, ledger, session: session.id, vm, otherImage }, asks, options);
  const minutes = Math.round((performance.now() - started) / 6000) / 10;
  await ledger.look("a command in the guest at the end", () => inGuest(client, session.id, ["true"]));
  await ledger.look("the end of all leaves nothing", () => endCleanly(machine, () => session.end()));
  return { minutes, accelerator: vm.accelerator, others, rows: ledger.rows(), losses: ledger.losses };
}

/** Answers how many other sessions there were. */
async function whileLookedAt(stage: Stage, asks: GuestAsks, options: SoakOptions): Promise<number> {
  const over = new AbortController();
  const ends = AbortSignal.any([over.signal, options.signal]);
  const looking = lookUntil(ends, stage.vm, stage.ledger);
  const others = await performAll(stage, asks, options);
  over.abort();
  await looking;
  asks.check();
  return others;
}

/** The acts, spread evenly over the time. */
async function performAll(stage: Stage, asks: GuestAsks, options: SoakOptions): Promise<number> {
  const { minutes, others, signal, note } = options;
  const acts = planActs(others);
  const started = performance.now();
  let done = 0;
  for (const [index, act] of acts.entries()) {
    if (signal.aborted) break;
    note(`${Math.round((performance.now() - started) / 1000)} s: ${act} (${index + 1} of ${acts.length})`);
    await perform(act, stage);
    if (act === "other session") done += 1;
    asks.check();
    await restUntil(started + ((index + 1) * minutes * 60_000) / acts.length, signal);
  }
  return done;
}

async function restUntil(at: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, at - performance.now()), undefined, { signal }).catch(() => {}); // the loop sees the end
}

async function endCleanly(machine: Machine, end: () => Promise<unknown>): Promise<void> {
  await end();
  const remains = await machine.host.remains();
  if (!isDeepStrictEqual(remains, NOTHING)) throw new Error(`left: ${JSON.stringify(remains)}`);
}
