import { access, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BrowserVmError, Manifest, type Progress } from "@browservm/contract";
import { tail } from "../../logs/tail.ts";
import { UndoStack } from "../../process/undo-stack.ts";
import { controlSocketOf, fakeChangesOf, fakeOrdersOf, monitorSocketOf } from "../run-dir.ts";
import { Supervision } from "../supervision.ts";
import type { FrozenBy, VmMonitor, VmmDriver, VmmRecord, VmmSpec } from "../vmm.ts";
import { FakeMonitor } from "./fake-monitor.ts";
import { type Frozen, readFrozen, requireSameMachine } from "./frozen-file.ts";
import { type FakeMachine, type FakeOrders, type FakePlan, parseFakePlan } from "./plan.ts";

const MIB = 1024 * 1024;
const START_MS = 30_000;
const POLL_MS = 15;
const MEMORY_BYTES = 1024 * MIB;
const PROGRAM = fileURLToPath(new URL("./fake-vmm.ts", import.meta.url));

/**
 * A driver without a guest: a real process that answers the control channel as the command line's `fake.` words plan
 * it. It keeps hostd's uid and rights: with `fake.net=stack` one of its threads makes a network namespace
 * (CAP_SYS_ADMIN) and a TAP in it (CAP_NET_ADMIN). A fake is for tests; nothing in it comes from outside.
 */
export class FakeDriver implements VmmDriver {
  readonly name = "fake";
  readonly features = {
    snapshots: true,
    vsock: false,
    realGuest: false,
    port: "tap",
    isolation: "vm",
  } as const;

  async frozenBy(): Promise<FrozenBy> {
    return { vmm: "fake", cpu: "none" };
  }

  async launch(progress: Progress, spec: VmmSpec): Promise<VmMonitor> {
    const frozen = spec.restore && readFrozen(spec.restore.directory);
    const plan = parseFakePlan(spec.commandLine, frozen?.plan);
    const orders: FakeOrders = {
      plan,
      vmId: spec.vmId,
      address: spec.address,
      mtu: spec.mtu,
      dns: resolversOf(spec.commandLine),
      changes: fakeChangesOf(spec.runDir),
      controlSocket: controlSocketOf(spec.runDir),
      console: spec.logs.console,
      injected: await injectedPaths(spec.initrd),
      machine: machineOf(spec),
      monitorSocket: monitorSocketOf(spec.runDir),
      ...(frozen ? { memory: restoredMemory(frozen, plan, spec) } : {}),
    };
    await using undo = new UndoStack();
    const path = fakeOrdersOf(spec.runDir);
    await writeFile(path, JSON.stringify(orders), { mode: 0o600 });
    const supervision = await Supervision.start(spec, {
      // Node keeps there what it made of our sources: many fakes then start in less time and memory.
      file: "/usr/bin/env",
      args: [`NODE_COMPILE_CACHE=${join(tmpdir(), "browservm-fake-vmm")}`, process.execPath, PROGRAM, path],
      largestFileBytes: 0,
      memoryMaxBytes: MEMORY_BYTES,
    });
    undo.defer(async () => {
      await supervision.process.kill();
      await supervision.removeRemains();
    });
    await waitForSocket(progress, spec, supervision);
    undo.keep();
    return new FakeMonitor(this.name, supervision);
  }

  async adopt(record: VmmRecord): Promise<VmMonitor | undefined> {
    const supervision = await Supervision.adopt(record);
    return supervision && new FakeMonitor(this.name, supervision);
  }
}

const machineOf = ({ vcpus, memoryMib, mtu, disks }: VmmSpec): FakeMachine => ({
  ...{ vcpus, memoryMib, mtu },
  disks: disks.length,
});

function restoredMemory({ machine, memory }: Frozen, { restore }: FakePlan, spec: VmmSpec): Frozen["memory"] {
  requireSameMachine(machine, machineOf(spec));
  if (restore === "damaged") throw new BrowserVmError("SNAPSHOT_DAMAGED", "the fake's state, as planned");
  return restore === "leak" && memory.formerNetwork ? { ...memory, network: memory.formerNetwork } : memory;
}

async function waitForSocket(progress: Progress, spec: VmmSpec, { process }: Supervision): Promise<void> {
  let ended = false;
  void process.exited.then(() => {
    ended = true;
  });
  const signal = AbortSignal.any([progress.signal, AbortSignal.timeout(START_MS)]);
  while (!(await exists(controlSocketOf(spec.runDir)))) {
    if (ended)
      throw new BrowserVmError("VMM_EXITED_EARLY", "the fake VMM ended", {
        stderr: await tail(spec.logs.vmm, 20),
      });
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** The manifest lies uncompressed at the end of the initrd; a guest's init would unpack it. */
async function injectedPaths(initrd: string): Promise<string[]> {
  const archive = await readFile(initrd, "latin1").catch(() => ""); // conformance tests bring none
  const manifest = /\{"version":1,"files":\[.*?\]\}/.exec(archive)?.[0];
  return manifest ? Manifest.parse(JSON.parse(manifest)).files.map(({ path }) => path) : [];
}

/** Fields 8 and 9 of `ip=` (vm/kernel-ip.ts), which a guest's init would read. */
const resolversOf = (commandLine: string): string[] =>
  (/(?:^|\s)ip=(\S+)/.exec(commandLine)?.[1] ?? "").split(":").slice(7, 9).filter(Boolean);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
