import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StreamReport } from "@browservm/contract";
import { connectToSocket } from "@browservm/sdk/node";
import { BrowserVmUnderTest } from "../../harness/browservm-under-test.ts";
import { atLeast, atMost, type BenchContext, type Benchmark, type Measured, type Row } from "../benchmark.ts";
import { summarize, summarizeRatio, tailOf } from "../statistics.ts";
import { cpuSeconds, type WorkerName } from "./cpu-of.ts";
import { type Delayed, delayPackets } from "./delay.ts";
import { dropPackets } from "./loss.ts";
import { markerPage } from "./marker.ts";
import { Neko, nekoIsThere } from "./neko.ts";
import { Reader, type Seen, WAYS, type Way } from "./reader.ts";
import { readerLink } from "./reader-link.ts";

const ROUNDS = 3;
const LOOK_MS = 12_000;
/** What lies between reader and session: percent of packets lost, milliseconds of a round trip. */
interface Line {
  readonly loss: number;
  readonly delay: number;
}
const LINES = [
  { loss: 0, delay: 0 },
  { loss: 1, delay: 0 },
  { loss: 3, delay: 0 },
  { loss: 0, delay: 40 },
] as const satisfies readonly Line[];
const [NOTHING_LOST] = LINES;
/** The controller's port and the gateway's, as the harness and the defaults have them. */
const OURS: Delayed = { host: "127.0.0.1", ports: [4000, 4001] };
const REST_MS = 3000;

export const live: Benchmark = {
  name: "live",
  title: "from a paint in the session's browser to the reader's eyes, by each way of the picture",
  run: measure,
};

/** A way of the picture, ours or a peer's. */
type Looked = Way | "neko";

interface Sample extends Seen {
  readonly way: Looked;
  readonly line: Line;
  /** Processor seconds per second. */
  readonly cpu: ReadonlyMap<WorkerName, number>;
  readonly kbps: number | undefined;
}

async function measure({ note, rounds = ROUNDS }: BenchContext): Promise<Measured> {
  await using _link = await readerLink();
  await using whole = await BrowserVmUnderTest.start({ BROWSERVM_VMM__DRIVER: "container" });
  await using client = connectToSocket(join(whole.dir, "r/ctl/controller.sock"));
  note("a session");
  const session = await client.sessions.create({ image: "browser" });
  await session.waitFor("ready");
  await client.sessions.navigate(session.id, markerPage());
  const gatewayMib = async () => residentMib((await whole.services()).gateway);
  const idleMib = await gatewayMib();
  const usedMib: number[] = [];
  await using reader = await Reader.open(whole, session.id);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const line of LINES) {
      await using _delay = line.delay > 0 ? await delayPackets(line.delay, OURS) : undefined;
      await reader.connectAnew();
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        await reader.choose(way);
        await using _loss = line.loss > 0 ? await dropPackets(line.loss, OURS.ports) : undefined;
        await sleep(line.loss > 0 ? REST_MS : 0);
        const seen = await lookAndCount(() => reader.look(way, LOOK_MS));
        const report = await client.sessions.liveReport(session.id);
        samples.push({ ...seen, way, line, kbps: kbpsOf(way, report) });
        note(`round ${round + 1}, ${named(line)}, ${way}: ${inWords(seen)}`);
      }
      if (line === NOTHING_LOST) usedMib.push((await gatewayMib()) - idleMib);
    }
    if (!nekoIsThere) continue;
    await client.sessions.navigate(session.id, "about:blank"); // nothing of ours is painted beside it
    samples.push(...(await lookAtNeko((text) => note(`round ${round + 1}, ${text}`))));
    await client.sessions.navigate(session.id, markerPage());
  }
  await client.sessions.end(session.id);
  return report(samples, { rounds, usedMib });
}

/** neko over every line, with a browser and a reader of its own, started for this alone. */
async function lookAtNeko(note: (text: string) => void): Promise<Sample[]> {
  await using neko = await Neko.start();
  const samples: Sample[] = [];
  for (const line of LINES) {
    await using _delay = line.delay > 0 ? await delayPackets(line.delay, Neko.PLACE) : undefined;
    await neko.connectAnew();
    await using _loss = line.loss > 0 ? await dropPackets(line.loss, Neko.PLACE.ports) : undefined;
    await sleep(line.loss > 0 ? REST_MS : 0);
    const seen = await lookAndCount(() => neko.look(LOOK_MS));
    samples.push({ ...seen, way: "neko", line, kbps: undefined });
    note(`${named(line)}, neko: ${inWords(seen)}`);
  }
  return samples;
}

const named = ({ loss, delay }: Line) => (delay > 0 ? `${delay} ms longer` : `${loss} % lost`);

async function lookAndCount(look: () => Promise<Seen>): Promise<Seen & Pick<Sample, "cpu">> {
  const [before, began] = [cpuSeconds(), performance.now()];
  const seen = await look();
  const seconds = (performance.now() - began) / 1000;
  const cpu = [...cpuSeconds()].map(
    // less than before: it ended meanwhile, with nobody to look at its pictures
    ([name, used]) => [name, Math.max(0, used - (before.get(name) ?? 0)) / seconds] as const,
  );
  return { ...seen, cpu: new Map(cpu) };
}

const kbpsOf = (way: Way, { source }: StreamReport) => (way === "vnc" ? undefined : source?.kbps);

const inWords = ({ ages, fps, unreadable }: Seen): string =>
  ages.length === 0
    ? `nothing seen, ${unreadable} unreadable`
    : `${Math.round(summarize(ages).median)} ms, ${fps.toFixed(1)} fps, ${unreadable} unreadable`;

/** Resident memory of a process, in MiB (proc_pid_status(5)). */
function residentMib(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

interface Circumstances {
  readonly rounds: number;
  /** By the gateway, more than when nobody looked; of each round. */
  readonly usedMib: readonly number[];
}

function report(samples: readonly Sample[], { rounds, usedMib }: Circumstances): Measured {
  const of = (way: Looked, line: Line) => samples.filter((one) => one.way === way && one.line === line);
  const looked = [...WAYS, ...(nekoIsThere ? (["neko"] as const) : [])];
  const ofNone = (way: Looked) => of(way, NOTHING_LOST);
  const medians = (way: Looked) => ofNone(way).map(({ ages }) => summarize(ages).median);
  const quick = medians("webrtc");
  return {
    rows: LINES.flatMap((line) => looked.flatMap((way) => rowsOf(`${way}, ${named(line)}`, of(way, line)))),
    goals: [
      atMost("paint → seen by WebRTC, p50 in ms", summarize(quick), 90),
      atLeast("pictures a second by WebRTC", summarize(ofNone("webrtc").map(({ fps }) => fps)), 28),
      atMost("paint → seen, WebRTC / noVNC", summarizeRatio(quick, medians("vnc")), 0.8),
      ...(nekoIsThere
        ? [atMost("paint → seen, WebRTC / neko", summarizeRatio(quick, medians("neko")), 0.8)]
        : []),
      // the most of all rounds: what it used before anybody looked is cleaned up some time, too
      atMost("gateway's memory for one session and viewer, in MiB", summarize([Math.max(...usedMib)]), 25),
    ],
    notes: [
      `${rounds} rounds, each of every way over every line in changing order, ${LOOK_MS / 1000} s each; the session runs in a container, and source, encoder, gateway and reader share this machine's processors.`,
      "The page in the session paints the time in each of its frames; the reader looks at the picture in each frame of its own. What its screen would add is not in it.",
      "Loss is a random drop of packets on loopback (nftables), both directions. A longer line is a relay that keeps all bytes for half of the round trip each way: this kernel has no netem. TCP's windows are those of loopback.",
      nekoIsThere
        ? "neko runs beside it with its own default encoder at 30 pictures a second, with a browser of its own; after each round of ours, while our session paints nothing."
        : "neko is unmeasured: BROWSERVM_TEST_NEKO names no tree of files that has it.",
      ...looked.map((way) => cpuNote(way, ofNone(way))),
    ],
  };
}

function rowsOf(what: string, samples: readonly Sample[]): Row[] {
  const seen = samples.filter(({ ages }) => ages.length > 0);
  if (seen.length === 0) return [];
  const all = seen.flatMap(({ ages }) => ages);
  const kbps = seen.map((one) => one.kbps).filter((value) => value !== undefined);
  return [
    {
      what: `${what}: paint → seen`,
      unit: "ms",
      summary: summarize(seen.map(({ ages }) => summarize(ages).median)),
      tail: { p95: tailOf(all, 0.95), p99: tailOf(all, 0.99) },
    },
    { what: `${what}: pictures`, unit: "per s", summary: summarize(samples.map(({ fps }) => fps)) },
    ...(kbps.length > 0
      ? [{ what: `${what}: video`, unit: "kbit/s" as const, summary: summarize(kbps) }]
      : []),
  ];
}

/** Who worked how much for one way. */
function cpuNote(way: Looked, samples: readonly Sample[]): string {
  const names = [...(samples[0]?.cpu.keys() ?? [])];
  const parts = names.map((name) => {
    const share = summarize(samples.map(({ cpu }) => cpu.get(name) ?? 0)).median;
    return `${name} ${share.toFixed(2)}`;
  });
  return `Processors busy by ${way} without loss: ${parts.join(", ")}.`;
}
