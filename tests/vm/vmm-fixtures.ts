import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ipv4, LinkName, MacAddress, makeId, resolveConfig, VmId } from "@browservm/contract";
import { openImageStore } from "../../packages/host/src/image/index.ts";
import { peerName } from "../../packages/host/src/net/names.ts";
import { findProcesses } from "../../packages/host/src/process/find-processes.ts";
import { killAll } from "../../packages/host/src/process/kill-all.ts";
import { openVmm, type VmmName, type VmmSettings } from "../../packages/host/src/vmm/drivers.ts";
import type { VmmDriver, VmmRecord, VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { installStandIn } from "../firecracker/install-stand-in.ts";
import { type InitKind, tinyInitramfs } from "./tiny-init.ts";

export const OVERLAY_BYTES = 64 * 1024 * 1024;
const LAUNCHER = fileURLToPath(new URL("./launch-and-wait.ts", import.meta.url));
const LIMIT = 256 * 1024;
let nextSlot = 1;

/** The kernel of the newest image; the tests of drivers need no more of it. */
export async function testKernel(): Promise<string> {
  const given = process.env.BROWSERVM_TEST_KERNEL;
  if (given) return given;
  const [image] = await openImageStore(resolveConfig({ env: process.env }).config).list();
  if (!image) throw new Error("no image: run `./browservm image build tiny`, or set BROWSERVM_TEST_KERNEL");
  return image.kernel;
}

export interface VmmUnderTest {
  readonly driver: VmmDriver;
  readonly settings: VmmSettings;
}

/** Settings under which Firecracker is our stand-in, whose programs are put into `directory`. */
export async function standInSettings(directory: string): Promise<VmmSettings> {
  const { firecracker, jailer } = await installStandIn(directory);
  return firecrackerSettings(firecracker, jailer);
}

/** Settings that name the programs, e.g. a real Firecracker. */
export function firecrackerSettings(firecracker: string, jailer = ""): VmmSettings {
  const env = { BROWSERVM_VMM__FIRECRACKER: firecracker, BROWSERVM_VMM__JAILER: jailer };
  return resolveConfig({ env }).config;
}

/** A VMM by its name; Firecracker is the stand-in, for no test machine need be able to boot a guest under it. */
export async function vmmUnderTest(name: VmmName, directory: string): Promise<VmmUnderTest> {
  const settings =
    name === "firecracker" ? await standInSettings(directory) : resolveConfig({ env: {} }).config;
  return { driver: openVmm(name, settings).driver, settings };
}

/** One VM's worth of files, with a TAP of its own in this network namespace; gone when disposed. */
export class VmmBench implements AsyncDisposable {
  readonly spec: VmmSpec;
  readonly directory: string;

  /** `fake` plans the fake driver's guest; a real kernel hands these words to init, which ignores them. */
  static async make(
    kernel: string,
    init: InitKind,
    { fake = "", accelerator = "tcg" as VmmSpec["accelerator"] } = {},
  ): Promise<VmmBench> {
    const directory = await mkdtemp(join(tmpdir(), "bvm-vmm-"));
    const slot = nextSlot++;
    const tap = LinkName.parse(`bvt-${slot}`);
    const place = (name: string) => join(directory, name);
    await mkdir(place("run"), { mode: 0o700 });
    await writeFile(place("initrd"), tinyInitramfs(init));
    await writeFile(place("overlay.img"), "");
    await truncate(place("overlay.img"), OVERLAY_BYTES);
    const isContainer = accelerator === "none";
    if (isContainer) makeContainerParts(directory, tap);
    else execFileSync("ip", ["tuntap", "add", tap, "mode", "tap", "user", String(200_000 + slot)]);
    return new VmmBench(directory, {
      vmId: VmId.parse(makeId("vm", randomBytes(20))),
      vcpus: 1,
      memoryMib: 256,
      kernel,
      initrd: place("initrd"),
      commandLine: `console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off ${fake}`,
      disks: [
        ...(isContainer ? [{ path: place("base.erofs"), readOnly: true }] : []),
        { path: place("overlay.img"), readOnly: false },
      ],
      address: {
        slot,
        tap,
        mac: MacAddress.parse(`02:fc:00:00:00:${slot.toString(16).padStart(2, "0")}`),
        ip: Ipv4.parse(`192.0.2.${slot}`),
        prefix: 24,
        gateway: Ipv4.parse("192.0.2.254"),
      },
      mtu: 1500,
      uid: 200_000 + slot,
      runDir: place("run"),
      logs: { console: place("console.log"), vmm: place("vmm.log") },
      logLimitBytes: LIMIT,
      accelerator,
    });
  }

  private constructor(directory: string, spec: VmmSpec) {
    this.directory = directory;
    this.spec = spec;
  }

  /** What a VMM left behind: files in its run directory, its cgroup, processes that name its directory. */
  async leftovers(): Promise<string[]> {
    const files = readdirSync(this.spec.runDir);
    const groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map((root) =>
      join(root, "browservm", this.spec.vmId),
    );
    const processes = await this.#processes();
    const jails = ["jail", "container", "console.pipe", "vmm.pipe", "metrics.pipe"].filter((name) =>
      existsSync(join(this.directory, name)),
    );
    return [...files, ...jails, ...groups.filter(existsSync), ...processes.map(({ pid }) => `pid ${pid}`)];
  }

  /** What names our directory, and what is jailed in it. */
  async #processes() {
    return [...(await findProcesses(this.directory)), ...(await findProcesses(this.spec.runDir))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killAll(await this.#processes());
    // A veth ends with its guest.
    spawnSync("ip", ["link", "delete", this.spec.address.tap], { stdio: "ignore" });
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What a container has and a VM has not: a base that can be mounted, over it a file system, and a pair of links. */
function makeContainerParts(directory: string, tap: string): void {
  const base = join(directory, "base");
  mkdirSync(join(base, "run"), { recursive: true });
  execFileSync("mkfs.erofs", [join(directory, "base.erofs"), base], { stdio: "ignore" });
  execFileSync("mkfs.ext4", ["-q", "-F", "-O", "^has_journal", join(directory, "overlay.img")]);
  execFileSync("ip", ["link", "add", tap, "type", "veth", "peer", "name", peerName(tap)]);
}

/** Launches in another process and kills that process: what a VM is like after `kill -9` of hostd. */
export async function launchOrphan(
  { driver, settings }: VmmUnderTest,
  bench: VmmBench,
  change: Partial<VmmSpec> = {},
): Promise<VmmRecord> {
  const spec = join(bench.directory, "spec.json");
  await writeFile(spec, JSON.stringify({ ...bench.spec, ...change }));
  const launcher = spawn(process.execPath, [LAUNCHER, driver.name, spec, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([once(launcher.stdout, "data"), once(launcher, "exit")]);
  launcher.kill("SIGKILL");
  await once(launcher, "exit");
  return JSON.parse(String(line));
}
