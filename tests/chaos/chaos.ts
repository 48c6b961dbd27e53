import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, promisify } from "node:util";
import type { Event, Vm } from "@browservm/contract";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { type Account, account, type DoneHarm } from "./account.ts";
import { chooseHarm, type Victim } from "./harms.ts";

const run = promisify(execFile);

export interface ChaosOptions {
  readonly minutes: number;
  readonly vms: number;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

export interface ChaosResult extends Account {
  readonly vms: number;
  readonly harms: number;
  /** What is wrong at the end, in words; empty when all is well. */
  readonly losses: readonly string[];
}

const STARTS_AT_ONCE = 4;
const REST_MS = { least: 800, most: 4000 };
/** From the last harm until all must be well again: the longest wait of a repair that did not hold, and some. */
const CALM_MS = 90_000;

/** Breaks the network of live VMs at random for a while, and holds what hostd did about it against what was done. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const images = await mkdtemp(join(tmpdir(), "bvt-images-"));
  try {
    await writeFakeImages(images, { tiny: "fake.net=stack" });
    await using host = await HostUnderTest.start({ images, env: SETTINGS });
    return await breakAndLook(host, options);
  } finally {
    await rm(images, { recursive: true });
  }
}

const SETTINGS = {
  BROWSERVM_VMM__DRIVER: "fake",
  BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.5",
  BROWSERVM_LIMITS__STABILITY_SECONDS: "10",
  BROWSERVM_LOG_LEVEL: "info",
};

async function breakAndLook(host: HostUnderTest, options: ChaosOptions): Promise<ChaosResult> {
  const { note, vms: count, signal } = options;
  note(`${count} VMs`);
  const vms = await startVms(host, count);
  const end = new AbortController();
  const events: Event[] = [];
  const following = follow(host, events, end.signal);
  await sleep(500);
  const harms = await harm(host, vms, options);
  note("calm");
  const losses = [...(await untilWell(host, vms, signal)), ...failures(events)];
  end.abort();
  await following;
  for (const { id } of vms) await host.client.removeVm(id);
  const remains = await host.remains();
  if (!isDeepStrictEqual(remains, NOTHING)) losses.push(`left: ${JSON.stringify(remains)}`);
  const told = account(harms, events);
  for (const { code, cause } of told.unexplained) losses.push(`unexplained: ${code}: ${cause}`);
  for (const { harm: done, at } of told.unnoticed)
    losses.push(`not noticed: ${done.name} at ${new Date(at).toISOString()}`);
  return { ...told, vms: count, harms: harms.length, losses };
}

async function startVms(host: HostUnderTest, count: number): Promise<Vm[]> {
  const vms: Vm[] = [];
  while (vms.length < count) {
    const batch = Array.from({ length: Math.min(STARTS_AT_ONCE, count - vms.length) }, () => host.vm());
    vms.push(...(await Promise.all(batch)));
  }
  const failed = vms.find(({ state }) => state !== "ready");
  if (failed) throw new Error(`a VM did not start: ${JSON.stringify(failed.reason)}`);
  return vms;
}

async function follow(host: HostUnderTest, events: Event[], signal: AbortSignal): Promise<void> {
  try {
    for await (const event of host.client.events({ signal })) events.push(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function harm(host: HostUnderTest, vms: readonly Vm[], options: ChaosOptions): Promise<DoneHarm[]> {
  const { minutes, signal, note } = options;
  const victims = vms.flatMap(({ id, address }): Victim[] => (address ? [{ vmId: id, address }] : []));
  const over = performance.now() + minutes * 60_000;
  const done: DoneHarm[] = [];
  while (performance.now() < over && !signal.aborted) {
    const next = chooseHarm(victims, Math.random);
    const at = Date.now();
    const failure = await inside(host, "sh", "-c", next.script).then(() => undefined, String);
    // What another harm has just taken away cannot be taken away again.
    if (failure === undefined) done.push({ harm: next, at });
    note(`${next.name}${failure === undefined ? "" : " (there was nothing to break)"}`);
    await sleep(REST_MS.least + Math.random() * (REST_MS.most - REST_MS.least));
  }
  return done;
}

/** Answers what is still not well when the time is over. */
async function untilWell(host: HostUnderTest, vms: readonly Vm[], signal: AbortSignal): Promise<string[]> {
  const deadline = performance.now() + CALM_MS;
  for (;;) {
    const { rootCauses } = await host.client.examine();
    const pings = await Promise.all(vms.map((vm) => isReachable(host, vm)));
    const silent = vms.filter((_, index) => !pings[index]).map(({ id }) => `${id} is not reachable`);
    const unwell = [...rootCauses.map((code) => `the doctor finds ${code}`), ...silent];
    if (unwell.length === 0 || performance.now() > deadline || signal.aborted) return unwell;
    await sleep(1000);
  }
}

const isReachable = (host: HostUnderTest, { address }: Vm): Promise<boolean> =>
  inside(host, "ping", "-c", "1", "-W", "3", address?.ip ?? "").then(
    () => true,
    () => false,
  );

const failures = (events: readonly Event[]): string[] =>
  events
    .filter(({ type, data }) => type === "vm.state" && data.to === "failed")
    .map(({ subject, data }) => `${subject} failed: ${JSON.stringify(data.reason)}`);

const inside = (host: HostUnderTest, ...command: string[]) =>
  run("nsenter", [`--net=/run/netns/${host.namespace}`, ...command], { timeout: 20_000 });
