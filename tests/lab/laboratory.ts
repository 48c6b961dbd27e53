import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { writeFakeImages } from "../harness/fake-images.ts";
import type { WorldName } from "./fault.ts";
import { LabHost, type LabHostOptions } from "./lab-host.ts";
import type { LabRow } from "./row.ts";
import { type Selection, selectTasks, type Task } from "./tasks.ts";

export interface LabOptions extends Selection {
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

/** Plays everything that is asked for on real hosts in namespaces, several hosts at the same time. */
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
    const context = { images, take, signal: options.signal };
    await Promise.all(chainsOf(here).map((chain) => runChain(chain, context)));
    return { rows, missing, seconds: Math.round((performance.now() - began) / 1000) };
  } finally {
    await rm(images, { recursive: true, force: true });
  }
}

async function splitByPrograms(tasks: readonly Task[]) {
  const here: Task[] = [];
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

interface Link {
  readonly options: Pick<LabHostOptions, "world" | "heal" | "number">;
  readonly queue: Task[];
}
/** Hosts that run one after the other. */
type Chain = readonly Link[];

/**
 * Several hosts share the plain faults, for the doctor mostly waits for answers that do not come. Hosts with a way out
 * share one address outside, and so take turns.
 */
function chainsOf(tasks: readonly Task[]): Chain[] {
  const queueOf = (world: WorldName, heal: Task["heal"]): Task[] =>
    tasks.filter((task) => task.world === world && task.heal === heal);
  const plain = queueOf("plain", "never");
  const sharePlain = (number: number): Link => ({
    options: { number, world: "plain", heal: "never" },
    queue: plain,
  });
  const alone = (number: number, world: WorldName, heal: Task["heal"]): Link => ({
    options: { number, world, heal },
    queue: queueOf(world, heal),
  });
  return [
    [alone(1, "plain", "auto"), sharePlain(2)],
    [
      alone(3, "uplink", "never"),
      alone(4, "host-mode", "never"),
      alone(5, "uplink", "auto"),
      alone(6, "host-mode", "auto"),
    ],
    [sharePlain(7)],
    [sharePlain(8)],
    [sharePlain(9)],
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
  let task = queue.shift();
  try {
    await using host = await LabHost.start(options);
    for (; task && !signal.aborted; task = queue.shift()) {
      take(await task.run(host));
      if (task.spoilsHost) return;
    }
  } catch (error) {
    // What broke the laboratory itself is a failed row, and costs the host.
    const words = error instanceof Error ? error.message : String(error);
    const { name = "the end of a host", kind = "fault" } = task ?? {};
    take({ name, kind, expected: [], got: [], passed: false, ms: 0, complaints: [words.slice(0, 500)] });
  }
}
