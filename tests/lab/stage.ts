import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EgressPolicy } from "@browservm/contract";
import type { FakeChanges } from "../../packages/host/src/vmm/fake/changes.ts";
import { end, sh } from "../netns/fake-guest.ts";
import type { Change } from "./fault.ts";
import type { LabHost } from "./lab-host.ts";
import type { LabVm } from "./lab-vm.ts";

const HOLDER = new URL("./hold-tap-process.ts", import.meta.url).pathname;
/** Proxies are looked at every 20 s without being rung for. */
const SEEN_MS = 30_000;
const OWN_TAP = "ip tuntap add {tap} mode tap vnet_hdr user {uid} group {uid}";

/** What a fault is played on: a VM, a second one beside it, their host, and the outside if it has one. */
export class Stage {
  readonly host: LabHost;
  readonly vm: LabVm;
  readonly other: LabVm;
  #changes: FakeChanges = {};
  #holder: ChildProcess | undefined;

  constructor(host: LabHost, vm: LabVm, other: LabVm) {
    this.host = host;
    this.vm = vm;
    this.other = other;
  }

  /** Fails at the first command that fails. */
  async apply(change: Change): Promise<void> {
    await this.#perform(change, (namespace, line) => this.#must(namespace, line));
  }

  /** Goes on behind commands that fail: somebody may have repaired it meanwhile. */
  async applyAsFarAsPossible(change: Change): Promise<void> {
    await this.#perform(change, (namespace, line) => this.#try(namespace, line));
  }

  /** Lets go of the TAP, makes it anew by `command` (as hostd does without one), and has the VMM open that. */
  async replaceTap(command = OWN_TAP): Promise<void> {
    await this.#change({ tap: "never" });
    await this.#must(this.host.namespace, "ip link del {tap}");
    await this.#must(this.host.namespace, command);
    await this.#change({});
  }

  /** A process that is no VMM opens the VM's TAP. */
  async holdTap(): Promise<void> {
    const args = [`--net=${this.host.namespace}`, process.execPath, HOLDER, this.vm.address.tap];
    const holder = spawn("nsenter", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#holder = holder;
    await once(holder.stdout, "data", { signal: AbortSignal.timeout(10_000) });
  }

  /** It ends, and the VMM opens its TAP again. */
  async releaseTap(): Promise<void> {
    if (this.#holder) await end(this.#holder);
    await this.#change({});
  }

  outside(reachable: boolean): Promise<void> {
    return this.host.outside.reachable(reachable);
  }

  resolver(answers: boolean): Promise<void> {
    return this.host.outside.resolver(answers);
  }

  /** The VM goes through a proxy, which ends; hostd sees it, at the latest when the guest wants to go out. */
  async loseProxy(): Promise<void> {
    const { outside, hostd } = this.host;
    const policy = EgressPolicy.parse({ proxy: { url: `http://${outside.address}:3128` } });
    await hostd.client.setEgress(this.vm.id, policy);
    await outside.proxy(false);
    await this.#try(this.vm.namespace, `timeout 3 socat -u TCP4:${outside.address}:80 -`);
    const deadline = Date.now() + SEEN_MS;
    while ((await hostd.client.egress(this.vm.id)).proxy?.status !== "down") {
      if (Date.now() > deadline) throw new Error("hostd does not see that the proxy is down");
      await settle();
    }
  }

  async giveProxyBack(): Promise<void> {
    await this.host.outside.proxy(true);
    await this.host.hostd.client.setEgress(this.vm.id, null);
  }

  /** Replaces the names in braces. A name that is none is a mistake of the table. */
  fill(line: string): string {
    const names = { ...this.host.names(), ...this.vm.names(), ...this.other.namesAsOther() };
    return line.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
      const value = Object.hasOwn(names, name) ? names[name] : undefined;
      if (value === undefined) throw new Error(`{${name}} in "${line}" names nothing`);
      return value;
    });
  }

  async #perform(
    { fake, act, host = [], guest = [] }: Change,
    run: (namespace: string, line: string) => Promise<void>,
  ): Promise<void> {
    if (fake) await this.#change(fake);
    if (act) await act.run(this);
    for (const line of host) await run(this.host.namespace, line);
    for (const line of guest) await run(this.vm.namespace, line);
  }

  /** `{}` takes everything back; other changes add to those that are in force. */
  async #change(changes: FakeChanges): Promise<void> {
    this.#changes = Object.keys(changes).length > 0 ? { ...this.#changes, ...changes } : {};
    await this.vm.change(this.#changes);
  }

  async #must(namespace: string, line: string): Promise<void> {
    const { ok, output } = await this.#sh(namespace, line);
    if (!ok) throw new Error(`${this.fill(line)}: ${output}`);
  }

  async #try(namespace: string, line: string): Promise<void> {
    await this.#sh(namespace, line);
  }

  #sh(namespace: string, line: string) {
    return sh("nsenter", `--net=${namespace}`, "sh", "-c", this.fill(line));
  }
}

/** The kernel tells of carriers at most once a second, and the doctor waits for that itself; this is only for processes. */
export const SETTLE_MS = 100;
export const settle = (): Promise<void> => sleep(SETTLE_MS);
