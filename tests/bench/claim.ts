import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "@browservm/contract";
import { PNG } from "pngjs";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { atMost, type BenchContext, type Benchmark, type Measured } from "./benchmark.ts";
import { goldenOf } from "./golden-under-test.ts";
import { quantileRow } from "./quantile-row.ts";
import { summarize } from "./statistics.ts";

/** Each claim is followed by a refill, which takes its time where it is emulated. */
const CLAIMS = { kvm: 30, tcg: 10 } as const;
const POOL = "bench";
const IMAGE = "browser";
const SIZE = 3;
const FULL_MS = 600_000;
/** The pool is left alone for so long before each claim: an idle pool is what a person meets. */
const REST_MS = 2000;
const LOGGED_MS = 5000;
const PAGE = "data:text/html,<title>bench</title><h1>here</h1>";

/** Milliseconds of one claim. */
interface Claim {
  /** The transaction and the host's checks, as the controller tells it. */
  readonly claimMs: number;
  /** The whole call, through HTTP on a unix socket. */
  readonly callMs: number;
  /** From the call until a frame with the painted start page has come back. */
  readonly visibleMs: number;
  /** A navigation by the API, and the part of it that is the browser's own answer in the VM. */
  readonly navigateMs: number;
  readonly cdpMs: number;
}

export const claim: Benchmark = {
  name: "claim",
  title: "a session from an idle pool of browsers",
  run: measure,
};

async function measure({ note, rounds }: BenchContext): Promise<Measured> {
  await using host = await HostUnderTest.start({ env: { BROWSERVM_VMM__ACCELERATOR: "auto" } });
  const { accelerator } = await host.client.getHost();
  note("the golden snapshot");
  await goldenOf(host, IMAGE);
  await using controller = await ControllerUnderTest.start(host.dir);
  const { pools } = controller.client;
  await pools.set(POOL, { image: IMAGE, size: SIZE });
  const claims: Claim[] = [];
  const wanted = rounds ?? CLAIMS[accelerator.name === "kvm" ? "kvm" : "tcg"];
  while (claims.length < wanted) {
    note(`claim ${claims.length + 1} of ${wanted}`);
    await untilFull(controller);
    await sleep(REST_MS);
    claims.push(await claimOne(host, controller));
    note(`  ${JSON.stringify(claims.at(-1))}`);
  }
  const { hits, misses, refillMs } = await pools.get(POOL);
  await pools.remove(POOL);
  return report(claims, [
    `Accelerator ${accelerator.name}: ${accelerator.reason}. Pool of ${SIZE}, full and left alone for ${REST_MS / 1000} s before each claim; ${hits} hits, ${misses} misses; a refill takes ${Math.round(refillMs?.p50 ?? 0)} ms (p50), ${Math.round(refillMs?.p95 ?? 0)} ms (p95).`,
    "Visible is a whole frame of the display, fetched by the API and found not to be blank: what a viewer waits for, with the encoding of a PNG on top.",
    "The browser's own answer to a navigation is timed by the agent in the VM, around the one CDP call.",
  ]);
}

async function untilFull(controller: ControllerUnderTest): Promise<void> {
  const deadline = Date.now() + FULL_MS;
  for (;;) {
    const { ready, filling, reason } = await controller.client.pools.get(POOL);
    if (ready >= SIZE && filling === 0) return;
    if (Date.now() > deadline) throw new Error(`the pool is not full: ${ready} ready, ${reason?.message}`);
    await sleep(200);
  }
}

async function claimOne(host: HostUnderTest, { client }: ControllerUnderTest): Promise<Claim> {
  const began = performance.now();
  const session = await client.sessions.create({ image: IMAGE });
  const callMs = performance.now() - began;
  const png = await client.sessions.screenshot(session.id);
  const visibleMs = performance.now() - began;
  if (isBlank(png)) throw new Error("the first frame is blank");
  const { status, pool } = await client.sessions.get(session.id);
  if (status !== "ready" || pool !== POOL) throw new Error(`the session is ${status}, from pool ${pool}`);
  const claimMs = await claimTime(client, session.id);
  const before = cdpTimes(host.log).length;
  const navigating = performance.now();
  await client.sessions.navigate(session.id, PAGE);
  const navigateMs = performance.now() - navigating;
  const cdpMs = await nextCdpTime(host, before);
  await client.sessions.end(session.id);
  return { claimMs, callMs, visibleMs, navigateMs, cdpMs };
}

async function claimTime(client: ControllerUnderTest["client"], id: string): Promise<number> {
  const signal = AbortSignal.timeout(10_000);
  for await (const event of client.sessions.events(id, { after: 0, signal })) {
    const { type, data }: Event = event;
    if (type === "session.claimed") return Number(data.ms);
  }
  throw new Error("no session.claimed was told");
}

/** hostd logs each navigation with the time of the browser's answer; its words come through a pipe. */
async function nextCdpTime(host: HostUnderTest, before: number): Promise<number> {
  for (const deadline = Date.now() + LOGGED_MS; Date.now() < deadline; await sleep(20)) {
    const ms = cdpTimes(host.log).at(before);
    if (ms !== undefined) return ms;
  }
  throw new Error("hostd logged no navigation");
}

const cdpTimes = (log: string): number[] =>
  [...log.matchAll(/"cdpMs":([\d.]+)/g)].map(([, ms]) => Number(ms));

function isBlank(png: Uint8Array): boolean {
  const { data } = PNG.sync.read(Buffer.from(png));
  const colours = new Set<number>();
  for (let at = 0; at < data.length; at += 4 * 97) colours.add(data.readUInt32BE(at));
  return colours.size < 3;
}

function report(claims: readonly Claim[], notes: readonly string[]): Measured {
  const of = (pick: keyof Claim) => claims.map((one) => one[pick]);
  const ratios = claims.map(({ navigateMs, cdpMs }) => navigateMs / cdpMs);
  return {
    rows: [
      quantileRow("claim: transaction and host's checks", of("claimMs")),
      quantileRow("POST /v1/sessions, answered", of("callMs")),
      quantileRow("POST /v1/sessions → painted start page seen", of("visibleMs")),
      quantileRow("navigation by the API, committed", of("navigateMs")),
      quantileRow("the same, the browser's own answer", of("cdpMs")),
      quantileRow("navigation by the API / bare CDP in the same VM", ratios, "×"),
    ],
    goals: [
      atMost("claim p50, in ms", summarize(of("claimMs")), 30),
      atMost("start page seen, in ms", summarize(of("visibleMs")), 1000),
    ],
    notes,
  };
}
