import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type CreateVm, makeId, type Vm, VmId } from "@browservm/contract";
import { HostClient } from "../../packages/controller/src/host/host-client.ts";

const HOSTD = new URL("../../packages/host/src/hostd.ts", import.meta.url).pathname;
/** Where the golden images of the tests are; `browservm test` builds them before the vm tier. */
export const IMAGES = process.env.BROWSERVM_TEST_IMAGES ?? "/var/lib/browservm/images";

export interface HostOptions {
  /** Environment for hostd, e.g. `BROWSERVM_VMM__DRIVER: "fake"`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly images?: string;
}

/** A real hostd process in a network namespace of its own, with its own state; disposing leaves nothing. */
export class HostUnderTest implements AsyncDisposable {
  readonly dir: string;
  readonly namespace: string;
  readonly client: HostClient;
  readonly #env: Readonly<Record<string, string>>;
  #hostd: ChildProcess | undefined;
  log = "";

  private constructor(dir: string, namespace: string, env: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.namespace = namespace;
    this.#env = env;
    this.client = new HostClient({ socketPath: join(dir, "r/hostd.sock"), timeoutScale: 6 });
  }

  static async start({ env = {}, images = IMAGES }: HostOptions = {}): Promise<HostUnderTest> {
    const dir = await mkdtemp("/tmp/bvt-");
    await mkdir(join(dir, "s"));
    await symlink(images, join(dir, "s/images"));
    const namespace = `bvt-${randomBytes(3).toString("hex")}`;
    execFileSync("ip", ["netns", "add", namespace]);
    execFileSync("ip", ["-n", namespace, "link", "set", "lo", "up"]);
    const host = new HostUnderTest(dir, namespace, env);
    await host.startHostd();
    return host;
  }

  async startHostd(): Promise<void> {
    const hostd = spawn("nsenter", [`--net=/run/netns/${this.namespace}`, process.execPath, HOSTD], {
      env: {
        PATH: process.env.PATH ?? "",
        BROWSERVM_STATE_DIR: join(this.dir, "s"),
        BROWSERVM_RUN_DIR: join(this.dir, "r"),
        BROWSERVM_LOG_LEVEL: "debug",
        BROWSERVM_NETWORK__UPLINK: "none",
        BROWSERVM_NETWORK__NAMESPACE_NAME: this.namespace,
        BROWSERVM_NETWORK__REST_SECONDS: "0",
        BROWSERVM_VMM__ACCELERATOR: "tcg",
        BROWSERVM_LIMITS__TIMEOUT_SCALE: "2",
        ...this.#env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const output of [hostd.stdout, hostd.stderr])
      output?.on("data", (text) => (this.log = (this.log + text).slice(-200_000)));
    await this.#answers(hostd);
    this.#hostd = hostd;
  }

  async #answers(hostd: ChildProcess): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (hostd.exitCode !== null)
        throw new Error(`hostd ended (${hostd.exitCode}):\n${this.log.slice(-3000)}`);
      const answer = await this.client.getHost().catch(() => undefined); // not yet, or another hostd
      if (answer?.pid === hostd.pid) return;
      await sleep(50);
    }
    throw new Error(`hostd did not answer:\n${this.log.slice(-3000)}`);
  }

  /** The pid of hostd itself: nsenter execs it, so it is the child's. */
  get pid(): number {
    return this.#hostd?.pid ?? 0;
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const hostd = this.#hostd;
    if (!hostd || hostd.exitCode !== null || hostd.signalCode !== null) return;
    const gone = once(hostd, "exit");
    hostd.kill(signal);
    await gone;
  }

  /** Asks for a VM and waits for `ready` or `failed`. */
  async vm(spec: Partial<CreateVm> = {}): Promise<Vm> {
    const id = VmId.parse(makeId("vm", randomBytes(20)));
    await this.client.createVm({ image: "tiny", ...spec, id });
    return this.settled(id);
  }

  async settled(id: VmId, timeoutMs = 400_000): Promise<Vm> {
    const deadline = Date.now() + timeoutMs;
    while (true) {
      const vm = await this.client.getVm(id);
      if (vm.state === "ready" || vm.state === "failed") return vm;
      if (Date.now() > deadline) throw new Error(`VM is still ${vm.state}:\n${this.log.slice(-4000)}`);
      await sleep(200);
    }
  }

  /** What a VM would leave behind: TAPs, firewall elements, processes, files. */
  async remains(): Promise<{
    taps: string[];
    elements: string;
    processes: string[];
    vms: string[];
    sockets: string[];
  }> {
    const links = JSON.parse(
      execFileSync("ip", ["-n", this.namespace, "-j", "link"], { encoding: "utf8" }),
    ) as { ifname: string }[];
    const rules = execFileSync("nsenter", [`--net=/run/netns/${this.namespace}`, "nft", "list", "ruleset"], {
      encoding: "utf8",
    });
    return {
      taps: links.map(({ ifname }) => ifname).filter((name) => name.startsWith("bv-")),
      elements: (rules.match(/"bv-\d+"[^,}\n]*/g) ?? []).join("\n"),
      processes: await this.#processes(),
      vms: await readdir(join(this.dir, "s/vms")).catch(() => []),
      sockets: await readdir(join(this.dir, "r/vm")).catch(() => []),
    };
  }

  async #processes(): Promise<string[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    return lines
      .filter((line) => line.includes(`${this.dir}/r/vm/`))
      .map((line) => line.replaceAll("\0", " ").slice(0, 120));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const vm of await this.client.listVms().catch(() => []))
      await this.client.removeVm(vm.id).catch(() => {});
    // With no VM left, a polite end also takes back the bridge, the rules and the canary.
    await this.end("SIGTERM");
    await this.client[Symbol.asyncDispose]();
    for (const pid of execFileSync("ip", ["netns", "pids", this.namespace], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // it ended meanwhile
      }
    }
    for (const name of execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
      .split("\n")
      .map((line) => line.split(" ")[0] ?? "")) {
      if (name.startsWith(this.namespace)) execFileSync("ip", ["netns", "del", name]);
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}

export const NOTHING = { taps: [], elements: "", processes: [], vms: [], sockets: [] };
