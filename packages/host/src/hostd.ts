import { readFileSync, statSync } from "node:fs";
import { BrowserVmError, type Config, paths, toBrowserVmError, type VmId } from "@browservm/contract";
import { readSettings, refuseIfAnswered } from "@browservm/daemon";
import { pino } from "pino";
import { hostDescription } from "./describe-host.ts";
import { Doctor } from "./doctor/doctor.ts";
import { EventLog, eventMigrations } from "./events/event-log.ts";
import { connectGuest } from "./guest/connect-guest.ts";
import { listenOnSocket, makeHostServer, type StreamParts } from "./http/host-server.ts";
import { createOverlay, openImageStore, writeInitrd } from "./image/index.ts";
import { openSnapshotStore } from "./image/snapshot/file-snapshot-store.ts";
import { EgressDesk } from "./net/egress/egress-desk.ts";
import type { LinuxNetwork } from "./net/linux-network.ts";
import { openHostNetwork } from "./net/open.ts";
import { slotMigrations } from "./net/slots.ts";
import type { NetworkWatch } from "./net/watch/network-watch.ts";
import { RepairDesk } from "./net/watch/repair-desk.ts";
import { startWatch } from "./net/watch/start-watch.ts";
import { openDatabase } from "./store/database.ts";
import { FailureStore } from "./vm/failures/failure-store.ts";
import { VmFiles } from "./vm/files/vm-files.ts";
import { noBrowser, VmProfiles } from "./vm/files/vm-profiles.ts";
import { GoldenDesk } from "./vm/golden/golden-desk.ts";
import { startHealth } from "./vm/health/start-health.ts";
import { Squeezer } from "./vm/pause/squeezer.ts";
import { SigninDesk } from "./vm/signin-desk.ts";
import { untilPainted } from "./vm/until-painted.ts";
import type { VmDeps } from "./vm/vm-deps.ts";
import { VmDesk } from "./vm/vm-desk.ts";
import { VmPlaces } from "./vm/vm-places.ts";
import { VmService } from "./vm/vm-service.ts";
import { VmStore, vmMigrations } from "./vm/vm-store.ts";
import { chooseDriver } from "./vmm/drivers.ts";
import type { VmMonitor } from "./vmm/vmm.ts";

/** Emulation is about ten times slower than KVM (guest-facts.md §2). */
const EMULATION_PATIENCE = 10;
const PRUNE_EVERY_MS = 3_600_000;

type ControlEnd = Pick<VmMonitor, "controlSocket" | "controlVsockPort" | "controlOwner">;

/** hostd's composition root: one per machine, as root, inside the network namespace that holds the bridge. */
async function main(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new BrowserVmError("NOT_PRIVILEGED", "hostd makes TAPs, bridges and nftables rules");
  const config = readSettings();
  const log = pino({ level: config.logLevel, base: { component: "hostd" } });
  const place = paths(config);
  // Before anything is touched that another hostd holds.
  await refuseIfAnswered(place.hostSocket, "another hostd");
  const { app, vms, golden, network, egress, stopWatching } = await compose(config, log);
  await listenOnSocket(app, place.hostSocket, groupId(config.user));
  log.info({ socket: place.hostSocket }, "hostd serves");
  await untilAskedToEnd();
  const living = vms.list().length;
  log.info({ living }, "hostd ends; its VMs live on");
  await app.close();
  await golden[Symbol.asyncDispose]();
  await stopWatching();
  await egress[Symbol.asyncDispose]();
  await vms.detach();
  // Without VMs nobody needs the network; the next start makes it again.
  if (living === 0) await network.dismantle();
}

async function compose(config: Config, log: pino.Logger) {
  const place = paths(config);
  const db = openDatabase(place.hostDatabase, [...slotMigrations, ...eventMigrations, ...vmMigrations]);
  const network = await openHostNetwork({ config, db, log, runDir: config.runDir });
  await network.ensure();
  const images = openImageStore(config);
  const snapshots = openSnapshotStore(config);
  const { driver, accelerator, reason } = await chooseDriver({ config, images, log });
  const events = new EventLog(db);
  const places = new VmPlaces(place.vms, place.vmRun);
  const chosen = { name: accelerator, driver: driver.name, reason };
  const doctor = new Doctor({
    ...{ network, accelerator: chosen, directories: () => places.found() },
    vms: () => [...vms.underExamination(), ...golden.underConstruction()],
    proxyOf: (vmId) => egress.proxies.report(vmId),
  });
  // Before VMs are made or proven: a gate asks for names, too.
  const egress = await openEgress({ config, network, events, log });
  const failures = new FailureStore({ directory: place.failures, days: config.limits.evidenceDays });
  const examine = (vmId?: VmId) => doctor.examine({ vmId });
  // VMs are adopted before their network is watched.
  const watching = Promise.withResolvers<NetworkWatch>();
  const golden = new GoldenDesk({ deps: () => deps, store: snapshots, settings: config.snapshots });
  const deps: VmDeps = {
    network,
    ...{ images, snapshots, golden, driver, accelerator },
    connectGuest: ({ controlSocket, controlVsockPort, controlOwner }: ControlEnd) =>
      connectGuest({ socketPath: controlSocket, vsockPort: controlVsockPort, owner: controlOwner, log }),
    createOverlay,
    writeInitrd,
    places,
    store: new VmStore(db),
    ...{ events, examine, failures },
    mend: async () => (await watching.promise).look(),
    log,
    netns: String(statSync("/proc/self/ns/net").ino),
    patience: config.limits.timeoutScale * (accelerator === "tcg" ? EMULATION_PATIENCE : 1),
    logLimitBytes: config.vmm.consoleMib * 1024 * 1024,
    launches: config.limits.launches,
    restores: config.limits.restores,
    proxies: egress.proxies,
    squeezer: new Squeezer({ isOn: config.snapshots.compressPaused, log }),
  };
  const vms = new VmService(deps);
  // First: what a build left behind must be gone before a new one begins.
  await golden.start();
  await vms.resume();
  pruneNowAndThen({ config, events, failures, log });
  const { watch, repairs, stopWatching } = await watchOver({ config, network, events, vms, deps });
  watching.resolve(watch);
  const repairDesk = new RepairDesk({ network, watch, repairs, examine, isLive: isReady(vms) });
  const describeHost = hostDescription({
    ...{ config, accelerator: chosen, network, images, vms, golden },
    isolation: driver.features.isolation,
  });
  const desk = new VmDesk(vms, deps);
  const streams = streamsOf(vms, config, deps.patience);
  const signins = new SigninDesk(vms, deps);
  const parts = { vms, desk, signins, ...streams, golden, events, doctor, repairDesk, egress, describeHost };
  return { app: makeHostServer(parts, log), vms, golden, network, egress, stopWatching };
}

/** What carries bytes of guests. */
function streamsOf(vms: VmService, config: Config, patience: number): StreamParts {
  const files = filesOf(vms, config, patience);
  return { files, profiles: profilesOf(vms, files, config, patience) };
}

const isReady = (vms: VmService) => (vmId: VmId) => vms.readyVms().some((vm) => vm.vmId === vmId);

const openEgress = ({
  config,
  network,
  events,
  log,
}: Omit<WatchedParts, "vms" | "deps"> & { log: pino.Logger }) =>
  EgressDesk.open({
    network,
    events,
    log: log.child({ component: "egress" }),
    exitCheckUrl: config.network.exitCheckUrl,
  });

const filesOf = (vms: VmService, { limits }: Config, patience: number): VmFiles =>
  new VmFiles({
    openAgentLine: async (id, signal) => (await vms.settled(id)).openAgentLine(signal),
    mostBytes: limits.fileMib * 1024 * 1024,
    patience,
  });

const profilesOf = (vms: VmService, files: VmFiles, { profiles }: Config, patience: number): VmProfiles =>
  new VmProfiles({
    files,
    mostBytes: profiles.mib * 1024 * 1024,
    requireBrowser: async (id) => {
      if (!vms.get(id).hasBrowser) throw noBrowser(id);
    },
    untilPainted: async (id, signal) => {
      const { guest } = await vms.settled(id);
      await untilPainted({ guest, patience, signal });
    },
  });

interface WatchedParts {
  readonly config: Config;
  readonly network: LinuxNetwork;
  readonly events: EventLog;
  readonly vms: VmService;
  readonly deps: VmDeps;
}

/** The watch over the network, and the proofs of ready VMs. */
async function watchOver({ config, network, events, vms, deps }: WatchedParts) {
  const { watch, repairs } = await startWatch({
    config,
    network,
    events,
    log: deps.log,
    onLost: (vmId, cause) => vms.fail(vmId, new BrowserVmError("TAP_LOST", cause)),
  });
  const health = startHealth({ config, vms, deps });
  const stopWatching = async () => {
    health[Symbol.dispose]();
    await watch[Symbol.asyncDispose]();
  };
  return { watch, repairs, stopWatching };
}

interface Prunable {
  readonly config: Config;
  readonly events: EventLog;
  readonly failures: FailureStore;
  readonly log: pino.Logger;
}

function pruneNowAndThen({ config, events, failures, log }: Prunable): void {
  const prune = () => {
    events.prune(config.limits.eventDays);
    failures.prune().catch((error) => log.warn({ err: error }, "old evidence could not be removed"));
  };
  prune();
  setInterval(prune, PRUNE_EVERY_MS).unref();
}

function groupId(name: string): number | undefined {
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((row) => row.startsWith(`${name}:`));
  const gid = Number(line?.split(":")[2]);
  return Number.isInteger(gid) ? gid : undefined;
}

/** SIGTERM and SIGINT end hostd politely; the VMs do not notice. */
function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}

try {
  await main();
  process.exit(0);
} catch (error) {
  // The launcher reads this line, shows title and fix, and does not restart on a refusal.
  const { stack, ...problem } = {
    ...toBrowserVmError(error).toProblem(),
    stack: error instanceof Error ? error.stack : undefined,
  };
  process.stderr.write(
    `${JSON.stringify({ level: "fatal", problem, ...(problem.code === "INTERNAL" ? { stack } : {}) })}\n`,
  );
  process.exit(1);
}
