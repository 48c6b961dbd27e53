import { parseArgs } from "node:util";
import { isBrowserVmError } from "@browservm/contract";
import type { Benchmark } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { describeMachine, loadNow } from "./describe-machine.ts";
import { type BenchReport, type BenchResult, missedGoals, renderReport, startOf } from "./report.ts";

// `node tests/bench/main.ts [--json] [--rounds N] [NAME…]` in a network namespace of its own (scripts/in-netns.sh), as root.
// Exit status: 0 all ran (goals may be missed, which is a result), 1 one could not be run, 2 it was asked for wrongly.

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, rounds: { type: "string" } },
});
const MOST_ROUNDS = 1000;
const note = (line: string) => process.stderr.write(`${line}\n`);

async function measure(benchmark: Benchmark, rounds: number | undefined): Promise<BenchResult> {
  const { name, title } = benchmark;
  note(startOf(benchmark));
  const before = loadNow();
  const started = performance.now();
  const outcome = await benchmark
    .run({ note: (line) => note(`   ${line}`), ...(rounds ? { rounds } : {}) })
    .catch((error: unknown) => ({
      failure: inWords(error),
    }));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { name, title, seconds, load: [before, loadNow()], ...outcome };
}

function inWords(error: unknown): string {
  if (isBrowserVmError(error)) return `${error.message} (${error.code}). ${error.fix}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<number> {
  const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name));
  if (unknown.length > 0) {
    note(`no benchmark ${unknown.join(", ")}; there are: ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const rounds = options.rounds === undefined ? undefined : Number(options.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= MOST_ROUNDS)) {
    note(`--rounds wants a number from 1 to ${MOST_ROUNDS}`);
    return 2;
  }
  const results: BenchResult[] = [];
  const wanted = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const benchmark of wanted) results.push(await measure(benchmark, rounds));
  const report: BenchReport = { at: new Date().toISOString(), machine: describeMachine(), results };
  const missed = missedGoals(report);
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...report, missed })}\n` : `${renderReport(report)}\n`,
  );
  note(missed.length === 0 ? "every goal was met" : `goals missed: ${missed.join("; ")}`);
  return results.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

// Whatever runs by then ends with us: `browservm bench` gives us a pid namespace of our own.
process.once("SIGINT", () => process.exit(130));
// koffi and worker threads keep handles open: the end is said.
process.exit(await main());
