import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type LogBounds, prepareLog } from "../logs/bounded-log.ts";
import { LogKeeper } from "../logs/log-keeper.ts";
import { type PipeBounds, PipeLog } from "../logs/pipe-log.ts";
import { type DetachedProcess, spawnDetached } from "../process/detached.ts";
import { UndoStack } from "../process/undo-stack.ts";
import { CgroupBranch, innerCgroup, removeCgroup } from "./cgroup.ts";
import { confined } from "./confined.ts";
import { clearRunDir, clearSockets, controlSocketOf, monitorSocketOf, requireShortPath } from "./run-dir.ts";
import type { VmmRecord, VmmSpec } from "./vmm.ts";
import { readNotes, type VmmNotes, writeNotes } from "./vmm-notes.ts";
import { WatchedProcess } from "./watched-process.ts";

const MIB = 1024 * 1024;
/** Threads of a VMM: vCPUs, I/O workers, and room. */
const PIDS_PER_VMM = 256;

export interface SupervisedSpec {
  readonly file: string;
  readonly args: readonly string[];
  /** The largest file that the VMM itself may write (its disk), in bytes. */
  readonly largestFileBytes: number;
  /** Memory of guest and VMM together, in bytes. */
  readonly memoryMaxBytes: number;
  /** Threads of VMM, or of VMM and guest together where both are the kernel's own. */
  readonly pidsMax?: number;
  /**
   * For a VMM that must not write its logs to files itself: named pipes that we drain, the first being its standard
   * output. They exist before it starts.
   */
  readonly pipes?: readonly PipeBounds[];
  /** Directory of its jail, which exists; removed with the VMM. */
  readonly jail?: string;
  /** File for its standard output; otherwise the VMM's log. */
  readonly stdout?: string;
  /** A group within the VMM's cgroup that it starts in, when others will be made beside it: limits are for all of them. */
  readonly innerCgroup?: string;
  /** Processors that it may fill; absent: all there are. */
  readonly cpus?: number;
}

/** A VMM process with all that goes with it on this machine: its cgroup, its logs, its run directory. */
export class Supervision {
  readonly process: WatchedProcess;
  readonly runDir: string;
  readonly #notes: VmmNotes;
  readonly #keeper: LogKeeper;
  readonly #pipes: readonly PipeLog[];

  private constructor(process: WatchedProcess, runDir: string, notes: VmmNotes) {
    this.process = process;
    this.runDir = runDir;
    this.#notes = notes;
    this.#keeper = new LogKeeper(notes.logs);
    // An adopted VMM may have lost them: then its output is lost, and the VM lives on.
    this.#pipes = notes.pipes.filter(({ pipe }) => existsSync(pipe)).map((pipe) => new PipeLog(pipe));
    void process.exited.then(() => this.#letGoOfLogs());
  }

  /** Starts the process in a session, a cgroup and limits of its own. Nothing is left when it cannot start. */
  static async start(spec: VmmSpec, program: SupervisedSpec): Promise<Supervision> {
    for (const socket of [controlSocketOf(spec.runDir), monitorSocketOf(spec.runDir)])
      requireShortPath(socket);
    await using undo = new UndoStack();
    const { pipes = [], jail } = program;
    const origin = Math.ceil(program.largestFileBytes / MIB) * MIB;
    const bounds = boundsOf(spec, pipes, origin);
    for (const log of bounds) await prepareLog(log);
    await clearSockets(spec.runDir);
    undo.defer(() => clearRunDir(spec.runDir));
    const { memoryMaxBytes, pidsMax = PIDS_PER_VMM, cpus } = program;
    const limits = { memoryMaxBytes, pidsMax, ...(cpus === undefined ? {} : { cpus }) };
    const cgroup = await CgroupBranch.find()?.create(spec.vmId, limits);
    if (cgroup) undo.defer(() => removeCgroup(cgroup));
    const notes: VmmNotes = {
      logs: bounds,
      pipes: [...pipes],
      ...(cgroup ? { cgroup } : {}),
      ...(jail ? { jail } : {}),
    };
    await writeNotes(spec.runDir, notes);
    const fileSizeBytes = origin + spec.logLimitBytes;
    const starts = cgroup && program.innerCgroup ? await innerCgroup(cgroup, program.innerCgroup) : cgroup;
    const child = await startConfined(spec, program, { fileSizeBytes, cgroup: starts });
    undo.keep();
    return new Supervision(WatchedProcess.ofChild(child), spec.runDir, notes);
  }

  /** Takes over a VMM that outlived its hostd; undefined, with its remains removed, when it is gone. */
  static async adopt(record: VmmRecord): Promise<Supervision | undefined> {
    const notes = await readNotes(record.runDir);
    const process = WatchedProcess.adopt(record.identity);
    if (process) return new Supervision(process, record.runDir, notes);
    await removeRemains(record.runDir, notes);
    return undefined;
  }

  /** What an ended VMM leaves: sockets and its cgroup. Its logs stay. */
  removeRemains(): Promise<void> {
    return removeRemains(this.runDir, this.#notes);
  }

  /** Lets go without touching the VMM. */
  detach(): void {
    this.#letGoOfLogs();
    this.process.detach();
  }

  #letGoOfLogs(): void {
    this.#keeper[Symbol.dispose]();
    for (const pipe of this.#pipes) pipe[Symbol.dispose]();
  }
}

/** Logs that the VMM writes itself begin with a hole; those that we write for it do not. */
function boundsOf(
  { logs, logLimitBytes }: VmmSpec,
  pipes: readonly PipeBounds[],
  origin: number,
): LogBounds[] {
  const ours = pipes.map(({ log, limitBytes }): LogBounds => ({ path: log, origin: 0, limitBytes }));
  const own = [logs.console, logs.vmm].filter((path) => !ours.some((log) => log.path === path));
  return [...own.map((path): LogBounds => ({ path, origin, limitBytes: logLimitBytes })), ...ours];
}

async function removeRemains(runDir: string, { cgroup, jail, pipes }: VmmNotes): Promise<void> {
  await clearRunDir(runDir);
  for (const { pipe } of pipes) await rm(pipe, { force: true });
  if (jail) await rm(jail, { recursive: true, force: true });
  if (cgroup) await removeCgroup(cgroup);
}

function startConfined(
  { logs }: VmmSpec,
  { file, args, pipes, stdout = pipes?.[0]?.pipe ?? logs.vmm }: SupervisedSpec,
  limits: { fileSizeBytes: number; cgroup: string | undefined },
): Promise<DetachedProcess> {
  return spawnDetached({ ...confined({ file, args, ...limits }), stdout, stderr: logs.vmm });
}
