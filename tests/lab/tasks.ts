import type { Fault, Harmless, WorldName } from "./fault.ts";
import { FAULTS, faultNamed, PAIRS } from "./faults.ts";
import { HARMLESS } from "./harmless.ts";
import { falseAlarms } from "./judge-report.ts";
import type { LabHost, LabHostOptions } from "./lab-host.ts";
import type { LabRow } from "./row.ts";
import { examine, runFault, runHarmless, runPair } from "./run-fault.ts";
import { runHealing } from "./run-healing.ts";

/** One thing to do on a host of one world; it becomes one row. */
export interface Task {
  readonly kind: LabRow["kind"];
  readonly name: string;
  readonly world: WorldName;
  readonly heal: LabHostOptions["heal"];
  readonly spoilsHost?: boolean;
  /** Programs of the machine that it needs. */
  readonly needs?: readonly string[];
  readonly run: (host: LabHost) => Promise<LabRow>;
}

export interface Selection {
  /** Names of faults, oddities and pairs ("one+other"), or "healthy"; everything when empty. */
  readonly only: readonly string[];
  /** The subset that runs with every submission. */
  readonly fast: boolean;
  /** Examinations of healthy VMs. */
  readonly healthy: number;
}

/** What the selection asks for, in the table's order. */
export function selectTasks({ only, fast, healthy }: Selection): Task[] {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const faults = FAULTS.filter(({ name, fast: quick }) => wanted(name) && (!fast || quick));
  const pairs = PAIRS.filter((pair) => !fast && wanted(pair.join("+")));
  const odd = HARMLESS.filter(({ name, needs }) => wanted(name) && !(fast && needs));
  return [
    ...faults.map(faultTask),
    ...pairs.map(([one, other]) => pairTask(faultNamed(one), faultNamed(other))),
    ...odd.map(harmlessTask),
    ...faults.filter(({ heals }) => heals).map(healingTask),
    ...(wanted("healthy") ? healthyTasks(healthy) : []),
  ];
}

const where = ({ world = "plain", needs, name }: Pick<Fault, "world" | "needs" | "name">) => ({
  name,
  world,
  ...(needs ? { needs } : {}),
});

const faultTask = (fault: Fault): Task => ({
  kind: "fault",
  ...where(fault),
  heal: "never",
  ...(fault.spoilsHost ? { spoilsHost: true } : {}),
  run: (host) => runFault(host, fault),
});

const pairTask = (one: Fault, other: Fault): Task => ({
  kind: "pair",
  name: `${one.name} + ${other.name}`,
  world: "plain",
  heal: "never",
  run: (host) => runPair(host, [one, other]),
});

const harmlessTask = (oddity: Harmless): Task => ({
  kind: "harmless",
  ...where(oddity),
  heal: "never",
  run: (host) => runHarmless(host, oddity),
});

const healingTask = (fault: Fault): Task => ({
  kind: "healing",
  ...where(fault),
  heal: "auto",
  run: (host) => runHealing(host, fault),
});

/** In batches, so that several hosts share them. */
const HEALTHY_BATCH = 50;

function healthyTasks(count: number): Task[] {
  return Array.from({ length: Math.ceil(count / HEALTHY_BATCH) }, (_, index) => {
    const first = index * HEALTHY_BATCH + 1;
    const last = Math.min(count, first + HEALTHY_BATCH - 1);
    const name = `healthy runs ${first} to ${last}`;
    const run = (host: LabHost) => runHealthy(host, name, last - first + 1);
    return { kind: "healthy", name, world: "plain", heal: "never", run };
  });
}

async function runHealthy(host: LabHost, name: string, runs: number): Promise<LabRow> {
  const complaints: string[] = [];
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { report, ms } = await examine(host.stage());
    times.push(ms);
    complaints.push(...falseAlarms(report).map((words) => `run ${run + 1}: ${words}`));
  }
  const [median = 0] = times.toSorted((a, b) => a - b).slice(Math.floor(times.length / 2));
  return {
    name,
    kind: "healthy",
    expected: [],
    got: [],
    passed: complaints.length === 0,
    ms: median,
    complaints,
  };
}
