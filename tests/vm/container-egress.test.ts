import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EgressPolicy, type Event, VmId } from "@browservm/contract";
import type { EgressOptions, SessionHandle } from "@browservm/sdk";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { compileEgress, mayLeadTo } from "../../packages/host/src/net/egress/compile.ts";
import { Machine } from "../soak/machine.ts";
import { EgressOutside, MACHINE, PROXY, RESOLVER, SITE, SITE_PORT } from "./egress-outside.ts";

const LONG = { timeout: 60_000, interval: 100 };
/** A page hears something each tenth of a second. */
const SILENCE_MS = 600;
const ANN = { username: "ann", password: "planted-secret" };
const HTTP = { url: `http://${PROXY}:3128`, credentials: ANN, expectExit: PROXY };
const SOCKS = { url: `socks5://${PROXY}:1080`, credentials: ANN, expectExit: PROXY };
const page = (name: string, path = "/") => `http://${name}:${SITE_PORT}${path}`;

/** What a page may try to be seen without its proxy; it tells the site what came of it. From a file, as https would be. */
const LEAKS = `<!doctype html><title>leaks</title><script>
const gathered = async () => {
  const iceServers = ["stun:${SITE}:3478", "stun:stun.example:3478"].map((urls) => ({ urls }));
  const peer = new RTCPeerConnection({ iceServers });
  const found = [];
  peer.createDataChannel("x");
  const done = new Promise((resolve) => (peer.onicecandidate = ({ candidate }) => candidate ? found.push(candidate.candidate) : resolve()));
  await peer.setLocalDescription();
  await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 3000))]);
  return found;
};
const quic = async () => {
  const began = performance.now();
  const end = await new WebTransport("https://site.example:8443/").ready.then(() => "connected", () => "failed");
  return { end, ms: performance.now() - began };
};
const closed = () => fetch("http://${SITE}:8081/").then(() => "answered", () => "failed");
Promise.all([gathered(), quic(), closed()]).then(([candidates, transport, straight]) =>
  fetch("${page("site.example", "/leaks")}", { method: "POST", body: JSON.stringify({ candidates, transport, straight }) }));
</script>`;
const Leaks = z.object({
  candidates: z.array(z.string()),
  transport: z.object({ end: z.string(), ms: z.number() }),
  straight: z.string(),
});
/** Chromium goes on by TCP after its own time, 4 s, where nobody refuses. */
const QUIC_MS = 2000;

let machine: Machine;
let outside: EgressOutside;
let session: SessionHandle;

beforeAll(async () => {
  machine = await Machine.start(() => {}, {
    BROWSERVM_VMM__DRIVER: "container",
    BROWSERVM_NETWORK__DNS: RESOLVER,
    BROWSERVM_NETWORK__EXIT_CHECK_URL: `http://${SITE}:${SITE_PORT}/whoami`,
  });
  outside = await EgressOutside.start(ANN);
  session = await machine.controller.client.sessions.create({
    image: "browser",
    egress: { allow: ["site.example"] },
  });
  await session.waitFor("ready");
});
afterAll(async () => {
  await outside?.[Symbol.asyncDispose]();
  await machine?.[Symbol.asyncDispose]();
});
beforeEach(() => outside.forget());

/** The page's title, as the guest's window shows it. */
async function title(): Promise<string> {
  let said = "";
  const command = ["xdotool", "search", "--onlyvisible", "--class", "chromium", "getwindowname"];
  for await (const event of session.exec({ command }))
    if (event.type === "output") said += new TextDecoder().decode(event.data);
  return said.trim();
}
const vmId = () => VmId.parse(session.data.vm?.id);
const sessions = () => machine.controller.client.sessions;
const report = () => sessions().egress(session.id);
const setEgress = (policy: EgressOptions) => sessions().setEgress(session.id, policy);
const toldAt = async (path: string) => (await outside.seen()).told.filter((one) => one.path === path);

/** The session's first event of that type that fits, of those after `after`. */
async function event(type: string, isMeant: (data: Event["data"]) => boolean, after = 0): Promise<Event> {
  for await (const one of session.events({ after, signal: AbortSignal.timeout(LONG.timeout) }))
    if (one.type === type && isMeant(one.data)) return one;
  throw new Error(`there was no such ${type}`);
}

/** Puts a policy in force as if for the first time; answers the number of the event that tells of it. */
async function begin(policy: EgressOptions): Promise<number> {
  const name = `${randomUUID()}.example`;
  await setEgress({ ...policy, deny: [name] });
  return (await event("session.egress", (data) => JSON.stringify(data).includes(name))).seq;
}

/** What Chromium says of a page that it cannot open. */
const refusal = (url: string) =>
  session.navigate(url).then(
    () => "opened",
    ({ message }: Error) => /net::\w+/.exec(message)?.[0] ?? message,
  );

test("Chromium opens what its policy allows, and learns at once that nothing else is there", async () => {
  await session.navigate(page("site.example"));
  await expect.poll(title, LONG).toContain("heard");
  expect(await toldAt("/")).toEqual([{ path: "/", from: MACHINE }]);
  const began = performance.now();
  expect(await refusal(page("denied.example"))).toBe("net::ERR_NAME_NOT_RESOLVED");
  note("a denied name → Chromium says so", performance.now() - began);
  const denied = await event("egress.denied", ({ name }) => name === "denied.example");
  expect(denied.data).toMatchObject({ verdict: "denied" });
  expect((await report()).queries).toContainEqual(
    expect.objectContaining({ name: "denied.example", type: "A", verdict: "denied" }),
  );
  const { names } = await outside.seen();
  expect([names.includes("site.example"), names.includes("denied.example")]).toEqual([true, false]);
  // What a proxy must bring to nothing.
  expect(await outside.direct()).toBeGreaterThan(0);
});

test("a change cuts a page that only listens, and lets nothing new through", async () => {
  await begin({ allow: ["site.example"] });
  await session.navigate(page("site.example"));
  await expect.poll(title, LONG).toContain("heard");
  await setEgress({ allow: ["other.example"] });
  const last = await title(); // what had come already
  await sleep(SILENCE_MS);
  const after = await title();
  expect([after, await sleep(SILENCE_MS).then(title)]).toEqual([after, after]);
  expect(Number(/heard (\d+)/.exec(after)?.[1]) - Number(/heard (\d+)/.exec(last)?.[1])).toBeLessThan(5);
  // Chromium may remember the address for a while; it leads nowhere.
  for (const name of ["site.example", SITE])
    expect(await refusal(page(name))).toMatch(/net::ERR_(NAME_NOT_RESOLVED|CONNECTION_(REFUSED|RESET))/);
});

test.each([
  ["an HTTP proxy", "http", HTTP],
  ["a SOCKS proxy", "socks5", SOCKS],
])(
  "through %s with credentials Chromium comes out there, and nothing comes past it",
  async (_, kind, proxy) => {
    const { proxy: checked, refused: before } = await setEgress({ default: "allow", proxy });
    expect(checked).toMatchObject({ status: "up", exit: PROXY });
    await outside.forget();
    await session.navigate(page("site.example"));
    await expect.poll(title, LONG).toContain("heard");
    await session.files.write("leaks.html", Buffer.from(LEAKS));
    await machine.host.client.navigate(vmId(), "file:///home/browser/leaks.html");
    await expect.poll(() => toldAt("/leaks"), LONG).toHaveLength(1);
    const { told, names, proxied } = await outside.seen();
    const found = Leaks.parse(told.find(({ path }) => path === "/leaks")?.body);
    note(`${kind}: QUIC is refused`, found.transport.ms);
    // An address that is known to nobody else, and none that a server has told.
    expect(found.candidates.filter((one) => !/ [0-9a-f-]{36}\.local \d+ typ host /.test(one))).toEqual([]);
    expect(found).toMatchObject({ transport: { end: "failed" }, straight: "failed" });
    expect(found.transport.ms).toBeLessThan(QUIC_MS);
    expect((await report()).refused.packets).toBeGreaterThan(before.packets);
    expect(new Set(told.map(({ from }) => from))).toEqual(new Set([PROXY]));
    expect(proxied).toContain(`${kind} site.example:${SITE_PORT}`);
    // No resolver was asked: ours for nothing, and no other by HTTPS.
    expect(names).toEqual([]);
    const resolvers = compileEgress(EgressPolicy.parse({ denyPublicDns: true }));
    const asked = proxied.map((one) => one.replace(/^\w+ |:\d+$/g, ""));
    expect(
      asked.filter(
        (host) => resolvers.deniedNames.match(host) ?? (isIPv4(host) && !mayLeadTo(resolvers, host)),
      ),
    ).toEqual([]);
    expect(await outside.direct()).toBe(0);
  },
);

test("a proxy that is down closes everything, which is told, and one that is back opens it again", async () => {
  const begun = await begin({ default: "allow", proxy: HTTP });
  expect(await refusal(page("site.example"))).toBe("opened");
  await using undo = new AsyncDisposableStack();
  undo.defer(() => outside.proxies("up"));
  await outside.proxies("down");
  await outside.forget();
  expect(await refusal(page("site.example"))).toMatch(/net::ERR_/);
  const down = await event("egress.proxy", ({ status }) => status === "down", begun);
  expect(down.data).toMatchObject({ problem: { code: "PROXY_UNREACHABLE" } });
  expect((await report()).proxy?.status).toBe("down");
  expect([await outside.direct(), (await outside.seen()).told]).toEqual([0, []]);
  const { findings } = await sessions().examine(session.id);
  const failed = findings.filter(({ verdict }) => verdict === "fail").map(({ code }) => code);
  // Nobody has started a gateway here.
  expect(failed.filter((code) => code !== "live-gateway-down")).toEqual(["egress-proxy"]);
  // The doctor itself has asked outside, as the machine.
  await outside.forget();
  await outside.proxies("up");
  await expect.poll(() => refusal(page("site.example")), LONG).toBe("opened");
  expect(await toldAt("/")).toContainEqual({ path: "/", from: PROXY });
  expect(await outside.direct()).toBe(0);
});

/** For who reads the run. */
const note = (what: string, ms: number) => process.stderr.write(`${what}: ${Math.round(ms)} ms\n`);
