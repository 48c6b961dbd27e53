import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { EgressPolicy, ProxyCredentialsId } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ask, EgressStage, packets, SITE, tracesOf } from "./egress-stage.ts";
import { end, type FakeGuest, must } from "./fake-guest.ts";

const PROXY = "203.0.113.40";
const OWN = "203.0.113.1";
const PORT = 8080;
const CREDENTIALS = ProxyCredentialsId.parse(`pxc_${"a".repeat(20)}`);
const WRONG = ProxyCredentialsId.parse(`pxc_${"b".repeat(20)}`);
const ANN = { username: "ann", password: "planted-secret" };
const http = { url: `http://${PROXY}:3128`, credentials: CREDENTIALS };
const socks = { url: `socks5://${PROXY}:1080`, credentials: CREDENTIALS };
const policy = (proxy: object, more: object = { allow: ["whoami.example", "other.example"] }) =>
  EgressPolicy.parse({ ...more, proxy });

let stage: EgressStage;
let proxies: ChildProcess;
let asked: string[];
let vm: Awaited<ReturnType<EgressStage["vm"]>>;

async function startProxies(): Promise<void> {
  const script = new URL("./proxy-process.ts", import.meta.url).pathname;
  const { username, password } = ANN;
  const args = ["netns", "exec", "internet", process.execPath, script, PROXY, SITE, username, password];
  proxies = spawn("ip", args, { stdio: ["pipe", "pipe", "inherit"] });
  proxies.stdout?.on("data", (chunk: Buffer) => asked.push(...String(chunk).trim().split("\n")));
  await once(proxies.stdout as NonNullable<typeof proxies.stdout>, "data");
}

/** What the server says from now on of whoever asks it; "": the truth. */
async function say(words: string): Promise<void> {
  const told = once(proxies.stdout as NonNullable<typeof proxies.stdout>, "data");
  proxies.stdin?.write(`${words}\n`);
  await told;
}

beforeAll(async () => {
  stage = await EgressStage.start({ exitCheckUrl: `http://${SITE}:${PORT}/`, watchMs: 500 });
  await must("ip", "-n", "internet", "addr", "add", `${PROXY}/24`, "dev", "eth0");
  // The proxies and the servers are on one machine.
  await must("ip", "-n", "internet", "link", "set", "lo", "up");
  asked = [];
  await startProxies();
  // What comes from the machine itself to the servers, past the proxy.
  const nft = ["netns", "exec", "internet", "nft"];
  await must("ip", ...nft, "add table ip lab");
  await must("ip", ...nft, "add chain ip lab in { type filter hook input priority 0; }");
  await must("ip", ...nft, "add counter ip lab direct");
  await must("ip", ...nft, `add rule ip lab in ip saddr ${OWN} ip daddr != ${PROXY} counter name direct`);
});
afterAll(async () => {
  await end(proxies);
  await stage[Symbol.asyncDispose]();
});
beforeEach(async () => {
  asked.length = 0;
  stage.desk.proxies.putCredentials(CREDENTIALS, ANN);
  stage.desk.proxies.putCredentials(WRONG, { ...ANN, password: "other" });
  vm = await stage.vm(policy(http));
});
afterEach(async () => {
  await stage.endVm(vm);
  await stage.network.ensure(); // what a test that failed took away
});

/** Packets that reached the servers straight from this machine since it was asked last; its own resolver's apart. */
async function direct(): Promise<number> {
  const counter = await must(
    "ip",
    "netns",
    "exec",
    "internet",
    "nft",
    "reset",
    "counter",
    "ip",
    "lab",
    "direct",
  );
  return Number(/packets (\d+)/.exec(counter)?.[1]);
}

/** Whom the server sees when the guest asks it by this address, or what became of that. */
async function seen(guest: FakeGuest, ip: string, port = PORT): Promise<string> {
  const script = `fetch("http://${ip}:${port}/", { signal: AbortSignal.timeout(4000) })
    .then((r) => r.text(), (e) => e.cause?.code ?? e.name).then((t) => console.log(t.trim()))`;
  return (await guest.run(process.execPath, "-e", script)).output.trim();
}

async function statusOf(vmId: typeof vm.vmId) {
  return (await stage.desk.report(vmId)).proxy?.status;
}

async function addressOf(guest: FakeGuest, name: string): Promise<string> {
  return (await ask(guest, name)).answers[0] ?? "";
}

test("goes by name to its proxy and nowhere else: no name, no UDP, no address past it", async () => {
  const { guest, address, vmId } = vm;
  await stage.desk.proxies.check(vmId, policy(http));
  expect(await stage.desk.report(vmId)).toMatchObject({
    proxy: { status: "up", exit: PROXY, evidence: expect.arrayContaining([expect.stringContaining(OWN)]) },
  });
  await direct();
  asked.length = 0;
  const ip = await addressOf(guest, "whoami.example");
  expect(ip).toMatch(/^198\.18\./);
  expect(await seen(guest, ip)).toBe(PROXY);
  expect(asked).toContain(`http whoami.example:${PORT}`);
  expect(await ask(guest, "denied.example")).toMatchObject({ rcode: "NXDOMAIN" });
  expect(await seen(guest, SITE)).toBe("ECONNRESET");
  const before = await packets("egress_refused", address);
  for (const to of [ip, SITE]) await guest.run("sh", "-c", `echo x | timeout 2 socat - UDP4:${to}:443`);
  expect(await packets("egress_refused", address)).toBeGreaterThanOrEqual(before + 2);
  expect(await direct()).toBe(0);
});

test("by SOCKS, with addresses that the policy allows by number, and none that it denies", async () => {
  const { guest, vmId } = vm;
  await stage.desk.set(vmId, policy(socks, { deny: [":81", "other.example"] }));
  expect(await seen(guest, await addressOf(guest, "whoami.example"))).toBe(PROXY);
  expect(await seen(guest, SITE)).toBe(PROXY);
  expect(await seen(guest, SITE, 81)).toBe("ECONNRESET");
  expect(await seen(guest, "192.168.50.1")).toBe("ECONNREFUSED");
  expect(asked).toEqual(expect.arrayContaining([`socks5 whoami.example:${PORT}`, `socks5 ${SITE}:${PORT}`]));
  expect(asked.join()).not.toContain(":81");
  expect((await ask(guest, "other.example")).rcode).toBe("NXDOMAIN");
});

test("without the redirect it is closed, not free; put back, it goes on", async () => {
  const { guest, address, vmId } = vm;
  // Its first look asks the server without the proxy as well, for what it says of this machine.
  await expect.poll(() => statusOf(vmId), { timeout: 5000 }).toBe("up");
  const ip = await addressOf(guest, "whoami.example");
  await direct();
  await must("nft", "flush chain inet browservm egress_dns");
  for (const to of [ip, SITE]) expect(await seen(guest, to)).toBe("ECONNREFUSED");
  expect(await direct()).toBe(0);
  // An element that is lost closes it as well.
  await must("nft", "delete table inet browservm");
  await stage.network.ensure();
  expect(await tracesOf(address)).not.toEqual([]);
  expect(await seen(guest, ip)).toBe(PROXY);
  await must("nft", `delete element inet browservm egress_proxied { ${address.ip} }`);
  expect(await seen(guest, ip)).toBe("ECONNREFUSED");
  await stage.network.ensure();
  expect(await seen(guest, ip)).toBe(PROXY);
});

test("a change cuts what goes through the old proxy, and one that is refused leaves it", async () => {
  const { guest, vmId } = vm;
  const ip = await addressOf(guest, "whoami.example");
  const script = `require("node:net").connect(82, "${ip}").on("error", (e) => console.log(e.code))
    .on("connect", () => console.log("connected")).on("close", () => process.exit(0));`;
  const talking = spawn("ip", ["netns", "exec", guest.namespace, process.execPath, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(talking.stdout, "data");
  await expect.poll(async () => (await stage.desk.report(vmId)).proxy?.connections).toBe(1);
  await stage.desk.set(vmId, policy(http, { allow: ["whoami.example"] }));
  expect((await stage.desk.report(vmId)).proxy?.connections).toBe(1);
  const refused = stage.desk.proxies.check(vmId, policy({ ...http, credentials: WRONG }));
  await expect(refused).rejects.toMatchObject({ code: "PROXY_AUTH_REFUSED" });
  const ended = once(talking, "exit");
  await stage.desk.set(vmId, EgressPolicy.parse({ allow: [`${SITE}/32`] }));
  await ended;
  expect(await seen(guest, SITE)).toBe(OWN);
  await stage.desk.set(vmId, policy(http));
  expect(await seen(guest, await addressOf(guest, "whoami.example"))).toBe(PROXY);
});

test("one that goes down is told, closes the session, and is well again by itself", async () => {
  const { guest, vmId } = vm;
  const status = () => statusOf(vmId);
  await expect.poll(status, { timeout: 5000 }).toBe("up");
  const ip = await addressOf(guest, "whoami.example");
  await end(proxies);
  await expect.poll(status, { timeout: 8000 }).toBe("down");
  await direct();
  expect(await seen(guest, ip)).toBe("ECONNRESET");
  expect(await direct()).toBe(0);
  expect(stage.events).toContainEqual(
    expect.objectContaining({
      subject: vmId,
      type: "egress.proxy",
      data: expect.objectContaining({ problem: expect.objectContaining({ code: "PROXY_UNREACHABLE" }) }),
    }),
  );
  await startProxies();
  await expect.poll(status, { timeout: 8000 }).toBe("up");
  expect(await seen(guest, ip)).toBe(PROXY);
});

test("a hostd that comes back keeps it closed until it is told the credentials", async () => {
  const { guest, vmId } = vm;
  await stage.restart();
  const ip = await addressOf(guest, "whoami.example");
  expect(await seen(guest, ip)).toBe("ECONNRESET");
  await expect.poll(() => statusOf(vmId), { timeout: 5000 }).toBe("locked");
  stage.desk.proxies.putCredentials(CREDENTIALS, ANN);
  expect(await seen(guest, ip)).toBe(PROXY);
  await expect.poll(() => statusOf(vmId), { timeout: 5000 }).toBe("up");
  expect(JSON.stringify([await stage.desk.report(vmId), stage.events])).not.toContain(ANN.password);
});

test.each([
  ["is this machine's own", OWN, "PROXY_EXIT_IS_HOST"],
  ["nobody tells", "no address", "PROXY_EXIT_UNKNOWN"],
])(
  "a hostd that comes back lets nothing through a proxy whose exit %s, until it is right",
  async (_, words, code) => {
    const { guest, vmId } = vm;
    expect(await seen(guest, await addressOf(guest, "whoami.example"))).toBe(PROXY);
    await say(words);
    await stage.restart();
    stage.desk.proxies.putCredentials(CREDENTIALS, ANN);
    asked.length = 0;
    const ip = await addressOf(guest, "whoami.example");
    // The first one waits for the first look; the second knows what it found.
    for (let time = 0; time < 2; time += 1) expect(await seen(guest, ip)).toBe("ECONNRESET");
    expect((await stage.desk.report(vmId)).proxy?.problem?.code).toBe(code);
    expect(asked).toContain(`http ${SITE}:${PORT}`);
    expect(asked).not.toContain(`http whoami.example:${PORT}`);
    await say("");
    await expect.poll(() => statusOf(vmId), { timeout: 5000 }).toBe("up");
    expect(await seen(guest, ip)).toBe(PROXY);
  },
);
