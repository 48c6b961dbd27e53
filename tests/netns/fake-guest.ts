import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import type { VmAddress } from "@browservm/contract";

const FAKE_VMM = new URL("./fake-vmm.ts", import.meta.url).pathname;
const runFile = promisify(execFile);

/** Runs a program to its end; stdout and stderr together, and whether it succeeded. Never throws for a bad exit. */
export async function sh(...command: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const [file = "", ...args] = command;
  try {
    const { stdout, stderr } = await runFile(file, args, { timeout: 30_000 });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr || String(error) };
  }
}

/** The same for what must succeed. */
export async function must(...command: readonly string[]): Promise<string> {
  const { ok, output } = await sh(...command);
  if (!ok) throw new Error(`${command.join(" ")}: ${output}`);
  return output;
}

/** Settles when a TCP connection from our namespace is made; fails as the connection does. */
export async function connects(ip: string, port: number): Promise<void> {
  const socket = connect({ host: ip, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(5000) });
  } finally {
    socket.destroy();
  }
}

export type TcpAnswer = "open" | "refused" | "unreachable" | "timeout";

/** What a TCP connection attempt from a namespace (undefined: ours) ends in, and what the other side said. */
export async function tryTcp(
  namespace: string | undefined,
  ip: string,
  port: number,
): Promise<{ answer: TcpAnswer; said: string; ms: number }> {
  const started = performance.now();
  const socat = ["socat", "-u", `TCP4:${ip}:${port},connect-timeout=4`, "STDOUT"];
  const enter = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const { ok, output } = await sh("timeout", "6", ...enter, ...socat);
  return { answer: answerOf(ok, output), said: output.trim(), ms: performance.now() - started };
}

function answerOf(ok: boolean, output: string): TcpAnswer {
  if (/refused|reset by peer/i.test(output)) return "refused";
  if (/no route|unreachable|permission/i.test(output)) return "unreachable";
  // A listener that says nothing keeps the line open until `timeout` ends it: connected without an error line.
  if (ok || output === "" || !/ E /.test(output)) return /timed out/i.test(output) ? "timeout" : "open";
  return "timeout";
}

export interface FakeGuestOptions {
  readonly address: VmAddress;
  readonly mtu?: number;
  /** A namespace that has the TAP, when it is not ours. */
  readonly hostNamespace?: string;
}

/** A guest without a machine: a network stack in a namespace of its own behind a TAP that a fake VMM holds. */
export class FakeGuest implements AsyncDisposable {
  readonly namespace: string;
  readonly address: VmAddress;
  readonly vmm: ChildProcess;
  readonly #servers: ChildProcess[] = [];

  private constructor(namespace: string, address: VmAddress, vmm: ChildProcess) {
    this.namespace = namespace;
    this.address = address;
    this.vmm = vmm;
  }

  static async start({ address, mtu = 1500, hostNamespace }: FakeGuestOptions): Promise<FakeGuest> {
    const namespace = `guest-${address.slot}`;
    await must("ip", "netns", "add", namespace);
    const enter = hostNamespace === undefined ? [] : ["nsenter", `--net=/run/netns/${hostNamespace}`, "--"];
    const [file = "", ...args] = [
      ...enter,
      process.execPath,
      FAKE_VMM,
      address.tap,
      `/run/netns/${namespace}`,
    ];
    const vmm = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    const guest = new FakeGuest(namespace, address, vmm);
    await Promise.race([
      once(vmm.stdout, "data"),
      once(vmm, "exit").then(() => Promise.reject(new Error("the fake VMM ended"))),
    ]);
    await guest.ip("link", "set", "lo", "up");
    await guest.ip("link", "set", "eth0", "address", address.mac, "mtu", String(mtu), "up");
    await guest.ip("addr", "add", `${address.ip}/${address.prefix}`, "dev", "eth0");
    await guest.ip("route", "add", "default", "via", address.gateway);
    return guest;
  }

  ip(...args: readonly string[]): Promise<string> {
    return must("ip", "-n", this.namespace, ...args);
  }

  run(...command: readonly string[]) {
    return sh("ip", "netns", "exec", this.namespace, ...command);
  }

  tcp(ip: string, port: number) {
    return tryTcp(this.namespace, ip, port);
  }

  async pings(ip: string): Promise<boolean> {
    return (await this.run("ping", "-c", "1", "-W", "2", ip)).ok;
  }

  /** Listens on all addresses; answers the peer's address. */
  serve(port: number): void {
    this.#servers.push(serve(this.namespace, port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#servers, this.vmm]) await end(child);
    await must("ip", "netns", "del", this.namespace);
  }
}

/** A TCP server in a namespace (undefined: ours) that tells each client the address that it came from. */
export function serve(namespace: string | undefined, port: number): ChildProcess {
  const enter = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const [file = "", ...args] = [
    ...enter,
    "socat",
    `TCP4-LISTEN:${port},fork,reuseaddr`,
    "SYSTEM:echo peer $SOCAT_PEERADDR",
  ];
  return spawn(file, args, { stdio: "ignore" });
}

/** Kills a child of ours and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
