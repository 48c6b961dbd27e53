import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { killGroup } from "../child.ts";
import { readProcess } from "./process-facts.ts";

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One process, by the two numbers that name it for ever. */
export interface ProcessName {
  readonly pid: number;
  readonly startTicks: number;
}

/** A program that we started, or that we took over from the agent before us. */
export interface Running {
  readonly name: ProcessName;
  /** Settles when it has ended. Of one that was taken over nobody knows how it ended. */
  readonly ended: Promise<ProcessEnd>;
  /** Signals it and its process group. */
  kill(signal: NodeJS.Signals): void;
}

/** How often one that was taken over is looked at: Node is told of the end of its own children only. */
const LOOK_MS = 500;

/** A child that has been started. */
export function runningChild(child: ChildProcess): Running {
  const pid = child.pid ?? 0;
  return {
    name: { pid, startTicks: readProcess(pid)?.startTicks ?? 0 },
    ended: new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: null, signal: null })); // it was not started
    }),
    kill: (signal) => killGroup(child, signal),
  };
}

/** The process of that name, if it still runs. */
export function takeOver(name: ProcessName, root = "/proc"): Running | undefined {
  if (!runs(name, root)) return undefined;
  return {
    name,
    ended: untilEnded(name, root),
    kill: (signal) => {
      if (runs(name, root)) process.kill(-name.pid, signal);
    },
  };
}

/** Signals one process, not its group; of no effect when it has ended. */
export function signalProcess(name: ProcessName, signal: NodeJS.Signals): void {
  if (runs(name, "/proc")) process.kill(name.pid, signal);
}

async function untilEnded(name: ProcessName, root: string): Promise<ProcessEnd> {
  while (runs(name, root)) await sleep(LOOK_MS);
  return { code: null, signal: null };
}

function runs({ pid, startTicks }: ProcessName, root: string): boolean {
  const found = readProcess(pid, root);
  return found !== undefined && found.startTicks === startTicks && found.state !== "Z";
}
