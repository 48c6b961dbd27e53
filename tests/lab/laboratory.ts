import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { writeFakeImages } from "../harness/fake-images.ts";
import type { Fault, Harmless, WorldName } from "./fault.ts";
import { FAULTS, faultNamed, PAIRS } from "./faults.ts";
import { HARMLESS } from "./harmless.ts";
import { falseAlarms } from "./judge-report.ts";
import { LabHost, type LabHostOptions } from "./lab-host.ts";
import type { LabRow } from "./row.ts";
import { examine, runFault, runHarmless, runPair } from "./run-fault.ts";
import { runHealing } from "./run-healing.ts";

export interface LabOptions {
  /** Names of faults and oddities; all when empty. */
  readonly only: readonly string[];
  /** The subset that runs with every submission. */
  readonly fast: boolean;
  /** Examinations of healthy VMs. */
  readonly healthy: number;
  readonly signal: AbortSignal;
  /** Told of each row as soon as it is known. */
  readonly onRow: (row: LabRow) => void;
}

export interface LabResult {
  readonly rows: readonly LabRow[];
  /** Names of what this machine cannot inject, each with the program that is missing. */
  readonly missing: ReadonlyArray<{ readonly name: string; readonly program: string }>;
  readonly seconds: number;
}

/** One thing to do on a host of one world. */
interface Task {
  readonly world: WorldName;
  readonly heal: LabHostOptions["heal"];
  readonly name: string;
  readonly spoilsHost?: boolean;
  readonly run: (host: LabHost) => Promise<LabRow>;
}

/** Plays every fault that is asked for on real hosts in namespaces, several hosts at the same time. */
export async function runLaboratory(options: LabOptions): Promise<LabResult> {
  const began = performance.now();
  const images = await mkdtemp("/tmp/bvl-");
  try {
    await writeFakeImages(images, { tiny: "fake.net=stack" });
    const { here, missing } = await splitByPrograms(selectTasks(options));
    const rows: LabRow[] = [];
    const take = (row: LabRow): void => {
      rows.push(row);
      options.onRow(row);
    };
    await Promise.all(
      chainsOf(here).map((chain) => runChain(chain, { images, take, signal: options.signal })),
    );
    return { rows, missing, seconds: Math.round((performance.now() - began) / 1000) };
  } finally {
    await rm(images, { recursive: true, force: true });
  }
}

type Needy = Task & { readonly needs?: readonly string[] };

/** The tasks that the options ask for, in the table's order. */
export function selectTasks({ only, fast, healthy }: Pick<LabOptions, "only" | "fast" | "healthy">): Needy[] {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const faults = FAULTS.filter(({ name, fast: quick }) => wanted(name) && (!fast || quick));
  const pairs = PAIRS.filter((pair) => (only.length === 0 ? !fast : only.includes(pair.join("+"))));
  const odd = HARMLESS.filter(({ name }) => wanted(name));
  return [
    ...faults.map(faultTask),
    ...pairs.map(([one, other]) => pairTask(faultNamed(one), faultNamed(other))),
    ...odd.map(harmlessTask),
    ...faults.filter(({ heals }) => heals).map(healingTask),
    ...(only.length === 0 || only.includes("healthy") ? healthyTasks(healthy) : []),
  ];
}

const faultTask = (fault: Fault): Needy => ({
  world: fault.world ?? "plain",
  heal: "never",
  name: fault.name,
  ...(fault.spoilsHost ? { spoilsHost: true } : {}),
  ...(fault.needs ? { needs: fault.needs } : {}),
  run: (host) => runFault(host, fault),
});

const pairTask = (one: Fault, other: Fault): Needy => ({
  world: "plain",
  heal: "never",
  name: `${one.name} + ${other.name}`,
  run: (host) => runPair(host, [one, other]),
});

const harmlessTask = (oddity: Harmless): Needy => ({
  world: oddity.world ?? "plain",
  heal: "never",
  name: oddity.name,
  ...(oddity.needs ? { needs: oddity.needs } : {}),
  run: (host) => runHarmless(host, oddity),
});

const healingTask = (fault: Fault): Needy => ({
  world: fault.world ?? "plain",
  heal: "auto",
  name: `${fault.name} (healing)`,
  run: (host) => runHealing(host, fault),
});

/** In batches, so that several hosts share them. */
const HEALTHY_BATCH = 50;

function healthyTasks(count: number): Needy[] {
  const batches = Math.ceil(count / HEALTHY_BATCH);
  return Array.from({ length: batches }, (_, index) => {
    const runs = Math.min(HEALTHY_BATCH, count - index * HEALTHY_BATCH);
    return { world: "plain", heal: "never", name: "healthy", run: (host: LabHost) => runHealthy(host, runs) };
  });
}

async function runHealthy(host: LabHost, runs: number): Promise<LabRow> {
  const complaints: string[] = [];
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { report, ms } = await examine(host.stage());
    times.push(ms);
    complaints.push(...falseAlarms(report).map((words) => `run ${run + 1}: ${words}`));
  }
  const [median = 0] = times.toSorted((a, b) => a - b).slice(Math.floor(times.length / 2));
  return {
    name: `${runs} healthy runs`,
    kind: "healthy",
    expected: [],
    got: [],
    passed: complaints.length === 0,
    ms: median,
    complaints,
  };
}

async function splitByPrograms(tasks: readonly Needy[]) {
  const here: Needy[] = [];
  const missing: { name: string; program: string }[] = [];
  for (const task of tasks) {
    const program = await firstMissing(task.needs ?? []);
    if (program === undefined) here.push(task);
    else missing.push({ name: task.name, program });
  }
  return { here, missing };
}

async function firstMissing(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    const found = await promisify(execFile)("sh", ["-c", `command -v ${program}`]).catch(() => undefined);
    if (!found) return program;
  }
  return undefined;
}

/** Hosts that run one after the other, because they share an address outside. */
type Chain = ReadonlyArray<{
  readonly options: Pick<LabHostOptions, "world" | "heal" | "number">;
  readonly queue: Task[];
}>;

/** Two hosts share the plain faults; those that have a way out share one outside, and so take turns. */
function chainsOf(tasks: readonly Task[]): Chain[] {
  const queue = (world: WorldName, heal: Task["heal"]): Task[] =>
    tasks.filter((task) => task.world === world && task.heal === heal);
  const link = (number: number, world: WorldName, heal: Task["heal"], shared = queue(world, heal)) => ({
    options: { number, world, heal },
    queue: shared,
  });
  const plain = queue("plain", "never");
  return [
    [link(1, "plain", "never", plain), link(2, "plain", "auto")],
    [link(3, "plain", "never", plain)],
    [
      link(4, "uplink", "never"),
      link(5, "host-mode", "never"),
      link(6, "uplink", "auto"),
      link(7, "host-mode", "auto"),
      link(8, "plain", "never", plain),
    ],
  ];
}

interface ChainContext {
  readonly images: string;
  readonly take: (row: LabRow) => void;
  readonly signal: AbortSignal;
}

async function runChain(chain: Chain, context: ChainContext): Promise<void> {
  for (const { options, queue } of chain) {
    while (queue.length > 0 && !context.signal.aborted)
      await runOnOneHost({ ...options, images: context.images }, queue, context);
  }
}

/** Until the queue is empty, or a task has spoiled the host. */
async function runOnOneHost(
  options: LabHostOptions,
  queue: Task[],
  { take, signal }: ChainContext,
): Promise<void> {
  await using host = await LabHost.start(options);
  for (let task = queue.shift(); task && !signal.aborted; task = queue.shift()) {
    const outcome = await task.run(host).catch((error: unknown) => failedRow(task, error));
    take(outcome);
    if (task.spoilsHost || outcome.complaints.includes(HOST_LOST)) return;
  }
}

const HOST_LOST = "the host was made anew";

/** What broke the laboratory itself is a failed row, and costs the host. */
function failedRow({ name, heal }: Task, error: unknown): LabRow {
  const words = error instanceof Error ? error.message : String(error);
  const kind = heal === "auto" ? "healing" : "fault";
  return {
    name,
    kind,
    expected: [],
    got: [],
    passed: false,
    ms: 0,
    complaints: [words.slice(0, 500), HOST_LOST],
  };
}
