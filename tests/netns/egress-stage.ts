import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { EgressPolicy, type VmAddress, type VmId } from "@browservm/contract";
import { pino } from "pino";
import { EgressDesk, type EgressOptions } from "../../packages/host/src/net/egress/egress-desk.ts";
import type { LinuxNetwork } from "../../packages/host/src/net/linux-network.ts";
import { end, FakeGuest, must, serve } from "./fake-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork } from "./test-network.ts";

// RFC 5737 addresses play the internet.
const MACHINE = "203.0.113.1";
const ROUTER = "203.0.113.254";
export const RESOLVER = "203.0.113.53";
/** Where servers listen, at ports 80 and 81. */
export const SITE = "203.0.113.10";
export const OTHER_SITE = "203.0.113.20";
export const THIRD_SITE = "203.0.113.30";
export const PRIVATE = "192.168.50.1";
/** Some resolver that a guest may have in mind; nobody is there. */
const ANY_RESOLVER = "198.51.100.9";

const here = (name: string) => new URL(name, import.meta.url).pathname;

const ZONE = {
  "site.example": [{ type: "A", data: SITE, ttl: 1 }],
  "ports.example": [{ type: "A", data: SITE, ttl: 1 }],
  "slow.example": [{ type: "A", data: OTHER_SITE, ttl: 1 }],
  "other.example": [{ type: "A", data: OTHER_SITE, ttl: 1 }],
  "alias.example": [
    { type: "CNAME", data: "cdn.example", ttl: 1 },
    { name: "cdn.example", type: "A", data: THIRD_SITE, ttl: 1 },
    { name: "poison.example", type: "A", data: OTHER_SITE, ttl: 1 },
  ],
  "rebind.example": [{ type: "A", data: PRIVATE, ttl: 1 }],
  "inside.example": [
    { type: "CNAME", data: "lan.example", ttl: 1 },
    { name: "lan.example", type: "A", data: "169.254.169.254", ttl: 1 },
  ],
};

export interface Told {
  readonly subject: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

export interface DnsAnswer {
  readonly rcode: string;
  readonly answers: readonly string[];
  readonly ede?: number;
  readonly words?: string;
}

type DeskOptions = Pick<EgressOptions, "exitCheckUrl" | "watchMs">;

/** A machine with an internet behind it, the network and its DNS, and guests that are put in. */
export class EgressStage implements AsyncDisposable {
  readonly events: Told[] = [];
  readonly options: DeskOptions = {};
  readonly test: TestNetwork;
  network: LinuxNetwork;
  desk: EgressDesk;
  readonly #children: ChildProcess[];
  readonly #guests: FakeGuest[] = [];

  private constructor(parts: Pick<EgressStage, "test" | "network" | "desk">, children: ChildProcess[]) {
    this.test = parts.test;
    this.network = parts.network;
    this.desk = parts.desk;
    this.#children = children;
  }

  static async start(options: DeskOptions = {}): Promise<EgressStage> {
    const children = await makeInternet();
    const settings = {
      namespace: "host",
      uplink: "auto",
      dns: [RESOLVER],
      restSeconds: 0,
      cidr: "10.77.0.0/29",
    };
    const test = await openTestNetwork(settings);
    await test.network.ensure();
    const events: Told[] = [];
    const desk = await openDesk(test.network, events, options);
    const stage = new EgressStage({ test, network: test.network, desk }, children);
    return Object.assign(stage, { events, options });
  }

  /** hostd dies and comes back. */
  async restart(): Promise<void> {
    await this.desk[Symbol.asyncDispose]();
    this.network = await this.test.reopen();
    await this.network.ensure();
    this.desk = await openDesk(this.network, this.events, this.options);
  }

  /** A VM with its policy in force before its port is there, as a launch does it. */
  async vm(policy?: object): Promise<{ vmId: VmId; address: VmAddress; guest: FakeGuest }> {
    const vmId = newVmId();
    const address = this.network.reserve(vmId);
    if (policy) await this.desk.set(vmId, EgressPolicy.parse(policy));
    await this.network.plug(address, 200_000);
    const guest = await FakeGuest.start({ address });
    this.#guests.push(guest);
    return { vmId, address, guest };
  }

  /** A VM in the slot that another one had. */
  async vmAt({ ip }: VmAddress, policy?: object): ReturnType<EgressStage["vm"]> {
    const others: VmId[] = [];
    for (;;) {
      const vmId = newVmId();
      const address = this.network.reserve(vmId);
      if (address.ip !== ip) {
        others.push(vmId);
        continue;
      }
      for (const other of others) this.network.release(other);
      if (policy) await this.desk.set(vmId, EgressPolicy.parse(policy));
      await this.network.plug(address, 200_000);
      const guest = await FakeGuest.start({ address });
      this.#guests.push(guest);
      return { vmId, address, guest };
    }
  }

  async endVm({ vmId, address, guest }: Awaited<ReturnType<EgressStage["vm"]>>): Promise<void> {
    this.#guests.splice(this.#guests.indexOf(guest), 1);
    await guest[Symbol.asyncDispose]();
    await this.network.unplug(address);
    this.network.release(vmId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const guest of this.#guests) await guest[Symbol.asyncDispose]();
    await this.desk[Symbol.asyncDispose]();
    await this.test[Symbol.asyncDispose]();
    for (const child of this.#children) await end(child);
    await must("ip", "link", "del", "wan0");
    await must("ip", "netns", "del", "internet");
  }
}

const openDesk = (network: LinuxNetwork, events: Told[], options: DeskOptions): Promise<EgressDesk> =>
  EgressDesk.open({
    network,
    events: {
      append: (subject, type, data) => {
        events.push({ subject, type, data });
        return { seq: events.length, at: new Date().toISOString(), subject, type, data };
      },
    },
    log: pino({ level: "silent" }),
    ttl: { least: 1, most: 2 },
    graceSeconds: 1,
    ...options,
  });

async function makeInternet(): Promise<ChildProcess[]> {
  const inside = (...args: string[]) => must("ip", "-n", "internet", ...args);
  await must("ip", "netns", "add", "internet");
  await must("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", "internet");
  await must("ip", "addr", "add", `${MACHINE}/24`, "dev", "wan0");
  await must("ip", "link", "set", "wan0", "up");
  await must("ip", "route", "add", "default", "via", ROUTER);
  await inside("link", "set", "eth0", "up");
  for (const ip of [ROUTER, RESOLVER, SITE, OTHER_SITE, THIRD_SITE])
    await inside("addr", "add", `${ip}/24`, "dev", "eth0");
  await inside("addr", "add", `${PRIVATE}/32`, "dev", "eth0");
  const enter = ["netns", "exec", "internet", process.execPath, here("./fake-resolver-process.ts")];
  const resolver = spawn("ip", [...enter, RESOLVER, JSON.stringify(ZONE)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(resolver.stdout, "data");
  const servers = [
    serve("internet", 80),
    serve("internet", 81),
    serve("internet", 853),
    listen(82),
    talk(83),
  ];
  return [resolver, ...servers];
}

/** A server that hears and says nothing. */
const listen = (port: number): ChildProcess => socat("-u", `TCP4-LISTEN:${port},fork,reuseaddr`, "/dev/null");

/** A server that says something once a second. */
const talk = (port: number): ChildProcess =>
  socat("-U", `TCP4-LISTEN:${port},fork,reuseaddr`, "SYSTEM:while echo x; do sleep 1; done");

const socat = (...args: string[]): ChildProcess =>
  spawn("ip", ["netns", "exec", "internet", "socat", ...args], { stdio: "ignore" });

/** What the guest is answered, whatever resolver it has in mind. */
export async function ask(
  guest: FakeGuest,
  name: string,
  { type = "A", transport = "udp" }: { readonly type?: string; readonly transport?: "udp" | "tcp" } = {},
): Promise<DnsAnswer> {
  const script = here("./ask-dns-process.ts");
  const { output } = await guest.run(process.execPath, script, ANY_RESOLVER, name, type, transport);
  return JSON.parse(output);
}

/** Packets that the kernel counted at the guest's element of a set of ours. */
export async function packets(set: string, { ip }: VmAddress): Promise<number> {
  const listing = JSON.parse(await must("nft", "-j", "list", "set", "inet", "browservm", set));
  const elements: Array<{ elem: { val: unknown; counter: { packets: number } } }> = listing.nftables.flatMap(
    (one: { set?: { elem?: unknown[] } }) => one.set?.elem ?? [],
  );
  return elements.find(({ elem }) => elem.val === ip)?.elem.counter.packets ?? -1;
}

/** Every line of our tables that has this guest's address in it, but for how many connections it has. */
export async function tracesOf({ ip }: VmAddress): Promise<string[]> {
  const ruleset = await must("nft", "list", "ruleset");
  const lines = ruleset.split("\n").filter((line) => !line.includes("ct count over"));
  return lines.filter((line) => new RegExp(`(^|[^0-9.])${ip.replaceAll(".", "\\.")}([^0-9.]|$)`).test(line));
}
