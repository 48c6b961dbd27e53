import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { IMAGES } from "./host-under-test.ts";

const exec = promisify(execFile);
const CLI = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
/** `up` builds the page when it was never built. */
const UP_MS = 600_000;

/** The whole product as `browservm up` starts it, with state of its own; disposing is its Ctrl-C. */
export class BrowserVmUnderTest implements AsyncDisposable {
  readonly dir: string;
  readonly namespace: string;
  /** The one-time link that `up` printed. */
  url = "";
  said = "";
  readonly #env: Readonly<Record<string, string>>;
  #up: ChildProcess | undefined;

  private constructor(dir: string, env: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.namespace = `bvu-${process.pid}`;
    this.#env = {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "/root",
      NODE_NO_WARNINGS: "1",
      BROWSERVM_STATE_DIR: join(dir, "s"),
      BROWSERVM_RUN_DIR: join(dir, "r"),
      BROWSERVM_LISTEN: "127.0.0.1:4000",
      BROWSERVM_WEB_LISTEN: "127.0.0.1:3000",
      BROWSERVM_NETWORK__UPLINK: "none",
      BROWSERVM_NETWORK__NAMESPACE_NAME: this.namespace,
      BROWSERVM_NETWORK__REST_SECONDS: "0",
      BROWSERVM_LIMITS__TIMEOUT_SCALE: "3",
      ...env,
    };
  }

  /** `env`: settings that differ, e.g. `BROWSERVM_VMM__DRIVER`. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<BrowserVmUnderTest> {
    const dir = await mkdtemp("/tmp/bvu-");
    await exec("chmod", ["755", dir]);
    await mkdir(join(dir, "s"));
    await symlink(IMAGES, join(dir, "s/images"));
    const whole = new BrowserVmUnderTest(dir, env);
    await whole.up();
    return whole;
  }

  async up(): Promise<void> {
    const up = spawn(process.execPath, [CLI, "--json", "--yes", "up"], {
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#up = up;
    let printed = "";
    up.stdout.on("data", (text) => (printed += text));
    up.stderr.on("data", (text) => (this.said = (this.said + text).slice(-100_000)));
    const deadline = Date.now() + UP_MS;
    while (!/"status": ?"ready"/.test(printed)) {
      if (up.exitCode !== null)
        throw new Error(`up ended (${up.exitCode}):\n${printed}\n${this.said.slice(-4000)}`);
      if (Date.now() > deadline) throw new Error(`up is not ready:\n${this.said.slice(-4000)}`);
      await sleep(100);
    }
    this.url = JSON.parse(printed).url;
  }

  /** Runs `browservm ARGS` as root on this machine does; answers its JSON. */
  async cli(...args: string[]): Promise<unknown> {
    const stdout = await this.text("--json", ...args);
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  }

  /** The same as it prints it for a person. */
  async text(...args: string[]): Promise<string> {
    const { stdout } = await exec(process.execPath, [CLI, ...args], {
      env: this.#env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** The pids of hostd, controller, gateway and web, as `up` wrote them down. */
  async services(): Promise<Record<string, number>> {
    const record = JSON.parse(await readFile(join(this.dir, "r/up.json"), "utf8"));
    return Object.fromEntries(
      Object.entries(record.services as Record<string, { pid: number }>).map(([name, { pid }]) => [
        name,
        pid,
      ]),
    );
  }

  /** Ctrl-C: sessions end, services stop. Answers the exit status. */
  async interrupt(): Promise<number | null> {
    const up = this.#up;
    if (!up || up.exitCode !== null) return up?.exitCode ?? null;
    const gone = once(up, "exit");
    up.kill("SIGINT");
    const [status] = await gone;
    return status;
  }

  /** What is left on the machine of this run. */
  async remains(): Promise<{ namespaces: string[]; processes: string[]; vms: string[]; links: string[] }> {
    const { stdout: namespaces } = await exec("ip", ["netns", "list"]);
    const { stdout: links } = await exec("ip", ["-j", "link"]);
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    const vms = join(this.dir, "s/vms");
    return {
      namespaces: namespaces.split("\n").filter((line) => line.startsWith(this.namespace)),
      processes: lines
        .filter((line) => line.includes(`${this.dir}/`))
        .map((line) => line.replaceAll("\0", " ").slice(0, 150)),
      vms: existsSync(vms) ? await readdir(vms) : [],
      links: (JSON.parse(links) as { ifname: string }[])
        .map(({ ifname }) => ifname)
        .filter((name) => name !== "lo" && !/^(tunl|sit|gre|erspan|ip6|ip_vti|gretap)/.test(name)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.interrupt();
    await rm(this.dir, { recursive: true, force: true });
  }
}
