import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GUEST_PATHS, makeId, VmId } from "@browservm/contract";
import { pino } from "pino";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import type { Guest } from "../../packages/host/src/guest/guest.ts";
import type { Image } from "../../packages/host/src/image/image.ts";
import {
  createOverlay,
  emulationFlags,
  renderEnvironment,
  writeInitrd,
} from "../../packages/host/src/image/index.ts";
import { slotUid } from "../../packages/host/src/net/names.ts";
import { kernelIp } from "../../packages/host/src/vm/kernel-ip.ts";
import { controlSocketOf } from "../../packages/host/src/vmm/run-dir.ts";
import type { VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { startBareQemu } from "../vm/bare-qemu.ts";
import { BARE_ADDRESS, makeBareTap } from "./bare-tap-of-boot.ts";

const MTU = 1500;
const BOOT_MS = 900_000;
/** The guest's agent itself stops waiting for a first paint after five minutes. */
const PAINT_MS = 320_000;
const DISPLAY = { width: 1280, height: 720 };

export interface BootTimes {
  /** From the start until the agent has answered hello, in milliseconds. */
  readonly agentMs: number;
  /** Until the browser says that its page has painted; absent for images without one. */
  readonly paintedMs?: number;
}

/**
 * The same machine as ours, its files and TAP made beforehand, started by exec alone and asked over the control channel.
 * Nothing supervises it, nothing proves its network.
 */
export async function bareBoot(image: Image, accelerator: "kvm" | "tcg"): Promise<BootTimes> {
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp("/tmp/bvb-");
  undo.defer(() => rm(directory, { recursive: true, force: true }));
  const spec = await writeFiles(image, accelerator, directory);
  undo.use(makeBareTap());
  const qemu = undo.use(await startBareQemu(spec));
  const log = pino({ level: "silent" });
  const guest = undo.use(connectGuest({ socketPath: controlSocketOf(spec.runDir), log }));
  await sayHello(guest, spec.vmId, accelerator);
  const agentMs = performance.now() - qemu.startedAt;
  if (!image.hasBrowser) return { agentMs };
  await painted(guest);
  return { agentMs, paintedMs: performance.now() - qemu.startedAt };
}

async function writeFiles(image: Image, accelerator: "kvm" | "tcg", directory: string): Promise<VmmSpec> {
  const place = (name: string) => join(directory, name);
  const vmId = VmId.parse(makeId("vm", randomBytes(20)));
  await mkdir(place("run"), { mode: 0o700 });
  await createOverlay(place("overlay.img"), image.defaults.diskMib);
  const content = renderEnvironment({ SESSION_ID: vmId });
  await writeInitrd(image, [{ path: GUEST_PATHS.environment, mode: 0o644, content }], place("initrd"));
  return {
    vmId,
    vcpus: image.defaults.vcpus,
    memoryMib: image.defaults.memoryMib,
    kernel: image.kernel,
    initrd: place("initrd"),
    commandLine: [
      image.commandLine,
      ...(accelerator === "tcg" ? [emulationFlags] : []),
      kernelIp(BARE_ADDRESS, vmId, []),
      `browservm.mac=${BARE_ADDRESS.mac}`,
      `browservm.mtu=${MTU}`,
    ].join(" "),
    disks: [
      { path: image.rootfs, readOnly: true },
      { path: place("overlay.img"), readOnly: false },
    ],
    address: BARE_ADDRESS,
    mtu: MTU,
    uid: slotUid(BARE_ADDRESS.slot),
    runDir: place("run"),
    logs: { console: place("console.log"), vmm: place("vmm.log") },
    logLimitBytes: 2 * 1024 * 1024,
    accelerator,
  };
}

/** As hostd says it. */
async function sayHello(guest: Guest, vmId: string, accelerator: "kvm" | "tcg"): Promise<void> {
  const secrets = {
    nonce: randomBytes(24).toString("base64url"),
    token: randomBytes(32).toString("base64url"),
  };
  await guest.call(
    "hello",
    {
      vmId,
      ...secrets,
      hostTime: new Date().toISOString(),
      display: DISPLAY,
      browserWindow: accelerator === "tcg" ? "app" : "tabs",
    },
    { timeoutMs: BOOT_MS },
  );
}

/** Asked as often as the gate asks. */
async function painted(guest: Guest): Promise<void> {
  const deadline = performance.now() + PAINT_MS;
  while (performance.now() < deadline) {
    if ((await guest.call("browser.status", {}, { timeoutMs: 60_000 })).painted) return;
    await sleep(250);
  }
  throw new Error(`the browser did not paint in ${PAINT_MS} ms`);
}
