import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config, type VmAddress } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NetworkPlan } from "../../packages/host/src/net/host-network.ts";
import {
  ensureNamespace,
  type NetworkNamespace,
  removeNamespace,
} from "../../packages/host/src/net/namespace.ts";
import { connects, end, FakeGuest, must, serve, sh, tryTcp } from "./fake-guest.ts";
import { traces } from "./test-network.ts";

// The test's own namespace plays the machine. RFC 5737 addresses play the internet, which knows no route to guests.
const MACHINE = "203.0.113.1";
const INTERNET = "203.0.113.254";
const PROCESS = new URL("./network-process.ts", import.meta.url).pathname;

let before: Awaited<ReturnType<typeof traces>>;
const servers: ChildProcess[] = [];

beforeAll(async () => {
  before = await traces();
  await must("ip", "netns", "add", "internet");
  await must("ip", "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", "internet");
  await must("ip", "addr", "add", `${MACHINE}/24`, "dev", "wan0");
  await must("ip", "link", "set", "wan0", "up");
  await must("ip", "route", "add", "default", "via", INTERNET);
  await must("ip", "-n", "internet", "link", "set", "eth0", "up");
  await must("ip", "-n", "internet", "addr", "add", `${INTERNET}/24`, "dev", "eth0");
  await must("ip", "-n", "internet", "addr", "add", "192.168.50.1/32", "dev", "eth0");
  servers.push(serve("internet", 80), serve(undefined, 22));
});

afterAll(async () => {
  for (const server of servers) await end(server);
  await must("ip", "link", "del", "wan0");
  await must("ip", "netns", "del", "internet");
  expect(await traces()).toEqual(before);
});

class Hostd implements AsyncDisposable {
  readonly config: Config;
  readonly namespace: NetworkNamespace;
  readonly process: ChildProcess;
  readonly address: VmAddress;
  readonly plan: NetworkPlan;

  private constructor(init: Pick<Hostd, "config" | "namespace" | "process" | "address" | "plan">) {
    this.config = init.config;
    this.namespace = init.namespace;
    this.process = init.process;
    this.address = init.address;
    this.plan = init.plan;
  }

  static async start(network: Record<string, unknown>): Promise<Hostd> {
    const runDir = mkdtempSync(join(tmpdir(), "browservm-netns-"));
    const config = Config.parse({ runDir, network: { cidr: "10.77.0.0/24", ...network } });
    const namespace = await ensureNamespace(config);
    const [file = "", ...args] = [...namespace.enter, process.execPath, PROCESS, JSON.stringify(config)];
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(child.stdout, "data");
    return new Hostd({ config, namespace, process: child, ...JSON.parse(String(line)) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.process, "exit");
    this.process.stdin?.end();
    await gone;
    await removeNamespace(this.config);
    await removeNamespace(this.config);
    rmSync(this.config.runDir, { recursive: true });
  }
}

describe.each([
  ["isolated", "browservm"],
  ["host", undefined],
] as const)("with an uplink, in %s mode", (namespace, hostNamespace) => {
  let hostd: Hostd;
  let guest: FakeGuest;
  let untouched: Awaited<ReturnType<typeof traces>>;

  beforeAll(async () => {
    untouched = await traces();
    hostd = await Hostd.start({ namespace, dns: ["192.168.50.1"] });
    guest = await FakeGuest.start({ address: hostd.address, ...(hostNamespace ? { hostNamespace } : {}) });
    guest.serve(8080);
  });

  afterAll(async () => {
    await guest[Symbol.asyncDispose]();
    await hostd[Symbol.asyncDispose]();
    expect(await traces()).toEqual(untouched);
  });

  test("a guest reaches the internet, which sees the machine's address only", async () => {
    expect(await guest.tcp(INTERNET, 80)).toMatchObject({ answer: "open", said: `peer ${MACHINE}` });
    expect(await guest.pings(INTERNET)).toBe(true);
    expect(hostd.plan).toMatchObject({ hasUplink: true, dns: ["192.168.50.1"], warnings: [] });
  });

  test("its resolver answers although it is private, at port 53 only", async () => {
    await must("ip", "route", "add", "192.168.50.0/24", "via", INTERNET);
    const dns = serve("internet", 53);
    await expect
      .poll(() => sh("ip", "netns", "exec", "internet", "ss", "-ltn"))
      .toMatchObject({
        output: expect.stringContaining(":53"),
      });
    expect((await guest.tcp("192.168.50.1", 53)).answer).toBe("open");
    expect((await guest.tcp("192.168.50.1", 80)).answer).toBe("refused");
    await end(dns);
    await must("ip", "route", "del", "192.168.50.0/24");
  });

  test("every address of the machine is refused at once, as the plan says, though it listens there", async () => {
    await connects(MACHINE, 22);
    const targets = [...hostd.plan.closed, { ip: MACHINE, port: 22, what: "machine" }];
    expect(hostd.plan.closed.map(({ ip }) => ip)).toContain(MACHINE);
    for (const { ip, port } of targets) {
      const { answer, ms } = await guest.tcp(ip, port);
      expect([ip, port, answer]).toEqual([ip, port, "refused"]);
      expect(ms).toBeLessThan(1500);
    }
    expect(await guest.pings(MACHINE)).toBe(false);
  });

  test("the machine itself reaches the guest by ping and TCP", async () => {
    expect((await sh("ping", "-c", "1", "-W", "3", guest.address.ip)).ok).toBe(true);
    await expect.poll(() => tryTcp(undefined, guest.address.ip, 8080)).toMatchObject({ answer: "open" });
  });

  test("the internet does not open connections to the guest, even with a route", async () => {
    await must("ip", "-n", "internet", "route", "add", "10.77.0.0/24", "via", MACHINE);
    expect((await tryTcp("internet", guest.address.ip, 8080)).answer).not.toBe("open");
    await must("ip", "-n", "internet", "route", "del", "10.77.0.0/24");
  });

  test("a second start of the launcher changes nothing", async () => {
    const rules = await must("nft", "-s", "list", "ruleset");
    const again = await ensureNamespace(hostd.config);
    expect(again.inode).toBe(hostd.namespace.inode);
    expect(await must("nft", "-s", "list", "ruleset")).toBe(rules);
    expect(await guest.pings(INTERNET)).toBe(true);
  });
});

test("without an uplink nothing but the namespace is added, and a guest reaches nothing, at once", async () => {
  const untouched = await traces();
  {
    await using hostd = await Hostd.start({ uplink: "none" });
    expect((await traces()).links).toBe(untouched.links);
    expect((await traces()).rules).toBe(untouched.rules);
    await using guest = await FakeGuest.start({ address: hostd.address, hostNamespace: "browservm" });
    const { answer, ms } = await guest.tcp(INTERNET, 80);
    expect(["refused", "unreachable"]).toContain(answer);
    expect(ms).toBeLessThan(1500);
    expect(hostd.plan).toMatchObject({ hasUplink: false, dns: [] });
  }
  expect(await traces()).toEqual(untouched);
});

test("a hostd that was killed leaves a canary, which ends with the namespace", async () => {
  const untouched = await traces();
  const hostd = await Hostd.start({ uplink: "none" });
  await end(hostd.process);
  expect((await traces()).listeners).toHaveLength(1);
  await removeNamespace(hostd.config);
  rmSync(hostd.config.runDir, { recursive: true });
  expect(await traces()).toEqual(untouched);
});

describe("the launcher's namespace", () => {
  const runDir = mkdtempSync(join(tmpdir(), "browservm-netns-"));
  const config = (network: Record<string, unknown> = {}) => Config.parse({ runDir, network });
  afterAll(() => rmSync(runDir, { recursive: true }));

  test("names Docker's FORWARD policy, and what to do about it", async () => {
    await must("nft", "add", "table", "ip", "filter");
    await must("nft", "add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }");
    const { warnings } = await ensureNamespace(config());
    expect(warnings).toEqual([
      expect.stringMatching(/table ip filter, chain FORWARD .* policy drop; allow bvm-/),
    ]);
    await must("nft", "delete", "table", "ip", "filter");
    expect((await ensureNamespace(config())).warnings).toEqual([]);
    await removeNamespace(config());
  });

  test("refuses a range that the machine routes", async () => {
    await expect(ensureNamespace(config({ cidr: "203.0.113.0/25" }))).rejects.toMatchObject({
      code: "CIDR_CLASH",
      details: { suggestion: "192.168.100.0/25" },
    });
    await removeNamespace(config());
  });

  test("an interrupted run is finished: an empty name, a veth without its other half, a lost table", async () => {
    await sh("touch", "/run/netns/browservm");
    const first = await ensureNamespace(config());
    await must("ip", "-n", "browservm", "link", "del", "uplink0");
    const [table] = /table inet uplink-\S+/.exec(await must("nft", "list", "tables")) ?? [""];
    await must("nft", "delete", ...table.split(" "));
    const second = await ensureNamespace(config());
    expect(second).toEqual(first);
    expect(await must("nft", "list", "tables")).toContain(table);
    expect((await sh("ip", "netns", "exec", "browservm", "ping", "-c", "1", "-W", "2", INTERNET)).ok).toBe(
      true,
    );
    await removeNamespace(config());
  });

  test("made anew under its name, it has another identity", async () => {
    const { inode } = await ensureNamespace(config());
    const holder = spawn("ip", ["netns", "exec", "browservm", "sleep", "60"], { stdio: "ignore" });
    await expect
      .poll(() => sh("ip", "netns", "pids", "browservm"))
      .toMatchObject({ output: `${holder.pid}\n` });
    await expect(removeNamespace(config())).rejects.toMatchObject({
      code: "TAP_BUSY",
      details: { pid: holder.pid },
    });
    await must("ip", "netns", "del", "browservm");
    expect((await ensureNamespace(config())).inode).not.toBe(inode);
    await end(holder);
    await removeNamespace(config());
  });

  test("gives the machine's settings back", async () => {
    const path = "/proc/sys/net/ipv4/conf/wan0/forwarding";
    expect(readFileSync(path, "utf8")).toBe("0\n");
    await ensureNamespace(config());
    expect(readFileSync(path, "utf8")).toBe("1\n");
    await removeNamespace(config());
    expect(readFileSync(path, "utf8")).toBe("0\n");
  });
});
