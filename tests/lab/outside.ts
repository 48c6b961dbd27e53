import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { end, must } from "../netns/fake-guest.ts";

const PROGRAM = new URL("./outside-process.ts", import.meta.url).pathname;
const WAIT_MS = 30_000;

/** What lies beyond a host: a namespace of its own with a page and a resolver, behind one veth. RFC 5737 addresses. */
export class Outside implements AsyncDisposable {
  readonly #namespace: string;
  readonly #address: string;
  readonly #server: ChildProcess;

  private constructor(namespace: string, address: string, server: ChildProcess) {
    this.#namespace = namespace;
    this.#address = address;
    this.#server = server;
  }

  /** Plugs it into `machine`, a path of a network namespace, which gets a default route. */
  static async open(machine: string, name: string): Promise<Outside> {
    const address = "203.0.113.254";
    const inside = ["nsenter", `--net=${machine}`, "--"];
    await must("ip", "netns", "add", name);
    const veth = ["ip", "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", name];
    await must(...inside, ...veth);
    await must(...inside, "ip", "addr", "add", "203.0.113.1/24", "dev", "wan0");
    await must(...inside, "ip", "link", "set", "wan0", "up");
    await must(...inside, "ip", "route", "add", "default", "via", address);
    await must("ip", "-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
    await must("ip", "-n", name, "link", "set", "eth0", "up");
    const args = ["netns", "exec", name, process.execPath, PROGRAM, address];
    const server = spawn("ip", args, { stdio: ["pipe", "pipe", "inherit"] });
    await once(server.stdout, "data", { signal: AbortSignal.timeout(WAIT_MS) });
    return new Outside(name, address, server);
  }

  /** Its resolver. */
  get address(): string {
    return this.#address;
  }

  /** Unplugged, nobody there answers any more; the machine's own link keeps its carrier and its routes. */
  async reachable(isReachable: boolean): Promise<void> {
    const change = isReachable ? "add" : "del";
    await must("ip", "-n", this.#namespace, "addr", change, `${this.#address}/24`, "dev", "eth0");
  }

  async resolver(answers: boolean): Promise<void> {
    await this.#order(`resolver ${answers ? "on" : "off"}`);
  }

  /** An HTTP proxy at its port 3128. */
  async proxy(runs: boolean): Promise<void> {
    await this.#order(`proxy ${runs ? "on" : "off"}`);
  }

  async #order(line: string): Promise<void> {
    const done = once(this.#server.stdout ?? this.#server, "data", { signal: AbortSignal.timeout(WAIT_MS) });
    this.#server.stdin?.write(`${line}\n`);
    await done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#server);
    await must("ip", "netns", "del", this.#namespace);
  }
}
