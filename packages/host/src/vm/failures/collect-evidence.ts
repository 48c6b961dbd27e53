import type { Reason } from "@browservm/contract";
import { tailJournal } from "../../guest/logs.ts";
import { tail } from "../../logs/tail.ts";
import type { LiveVm } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { redact } from "./redact.ts";

const CONSOLE_LINES = 500;
const VMM_LINES = 200;
const JOURNAL_LINES = 300;
/** A guest that has failed seldom answers, and its VM is to be told as failed soon. */
const JOURNAL_MS = 1000;
const REPORT_MS = 6000;
/** However slow the machine is. */
const LONGEST_REPORT_MS = 30_000;
const EVENTS = 200;

export interface Failure {
  readonly record: VmRecord;
  readonly reason: Reason;
  readonly live: LiveVm | undefined;
}

/** The files that explain a failure (name → text): what cannot be had says why. Nothing secret of ours is in them. */
export async function collectEvidence(deps: VmDeps, failure: Failure): Promise<Map<string, string>> {
  const { record, reason, live } = failure;
  const { console, vmmLog } = deps.places.of(record.id);
  // Where nobody was reached inside, waiting longer for answers from there tells nothing new.
  const reportMs = live ? Math.min(REPORT_MS * deps.patience, LONGEST_REPORT_MS) : REPORT_MS;
  const parts: ReadonlyArray<readonly [string, Promise<string>]> = [
    ["reason.json", Promise.resolve(pretty(reason))],
    ["vm.json", Promise.resolve(pretty(withoutValues(record)))],
    ["console.log", tail(console, CONSOLE_LINES).then(lines)],
    ["vmm.log", tail(vmmLog, VMM_LINES).then(lines)],
    ["journal.log", live ? tailJournal(live.guest, JOURNAL_LINES, JOURNAL_MS).then(lines) : noAgent()],
    ["doctor.json", before(reportMs, deps.examine(record.id)).then(pretty)],
    ["counters.json", Promise.resolve().then(() => pretty(counters(deps, record)))],
    ["events.json", Promise.resolve().then(() => pretty(deps.events.about(record.id, EVENTS)))],
  ];
  const secrets = [...Object.values(record.spec.environment), ...(live ? live.secretsToHide : [])];
  const files = parts.map(async ([name, text]) => [name, redact(await text.catch(whyNot), secrets)] as const);
  return new Map(await Promise.all(files));
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
const noAgent = () => Promise.reject(new Error("the agent was never reached"));
const whyNot = (error: unknown): string =>
  `could not be had: ${error instanceof Error ? error.message : String(error)}\n`;

/** The names of its settings stay. */
function withoutValues(record: VmRecord): object {
  const environment = Object.keys(record.spec.environment);
  return { ...record, spec: { ...record.spec, environment } };
}

/** Of its TAP and of the bridge, as the kernel has them now. */
function counters({ network }: VmDeps, { id }: VmRecord): object {
  const tap = network.addressOf(id)?.tap;
  const names = [network.plan.bridge, ...(tap ? [tap] : [])];
  return Object.fromEntries(names.map((name) => [name, network.look.link(name) ?? "there is no such link"]));
}

async function before<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${ms} ms`)), ms);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
