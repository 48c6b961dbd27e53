import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EgressPolicy } from "@browservm/contract";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWatch } from "../../packages/host/src/net/watch/start-watch.ts";
import {
  ask,
  EgressStage,
  OTHER_SITE,
  PRIVATE,
  packets,
  RESOLVER,
  SITE,
  THIRD_SITE,
  tracesOf,
} from "./egress-stage.ts";
import { end, type FakeGuest, must } from "./fake-guest.ts";

let stage: EgressStage;
beforeAll(async () => {
  stage = await EgressStage.start();
});
afterAll(() => stage[Symbol.asyncDispose]());

const answers = async (guest: FakeGuest, ip: string, port = 80) => (await guest.tcp(ip, port)).answer;
const set = (vmId: Parameters<EgressStage["desk"]["set"]>[0], policy: object | undefined) =>
  stage.desk.set(vmId, policy && EgressPolicy.parse(policy));

describe("a guest that may go to some names", () => {
  let vm: Awaited<ReturnType<EgressStage["vm"]>>;
  beforeAll(async () => {
    vm = await stage.vm({
      allow: [
        "site.example",
        "alias.example",
        "rebind.example",
        "inside.example",
        "slow.example",
        "ports.example:81",
      ],
    });
  });
  afterAll(() => stage.endVm(vm));

  test("reaches an address when its name was asked for, and never before; each refusal is counted", async () => {
    const { guest, address } = vm;
    const before = await packets("egress_refused", address);
    expect(await answers(guest, SITE)).toBe("refused");
    expect(await packets("egress_refused", address)).toBeGreaterThan(before);
    expect(await ask(guest, "site.example")).toMatchObject({ rcode: "NOERROR", answers: [SITE] });
    expect(await answers(guest, SITE)).toBe("open");
    expect(await answers(guest, OTHER_SITE)).toBe("refused");
  });

  test("is refused there again when the answer's time is over", async () => {
    const { guest } = vm;
    await ask(guest, "site.example");
    expect(await answers(guest, SITE)).toBe("open");
    await expect.poll(() => answers(guest, SITE), { timeout: 8000, interval: 500 }).toBe("refused");
  });

  test("is told by name what is refused, and so are we", async () => {
    const { guest, vmId } = vm;
    expect(await ask(guest, "other.example")).toMatchObject({
      rcode: "NXDOMAIN",
      answers: [],
      ede: 15,
      words: expect.stringContaining("egress policy"),
    });
    expect(stage.events).toContainEqual({
      subject: vmId,
      type: "egress.denied",
      data: { name: "other.example", type: "A", verdict: "denied", count: 1 },
    });
    const report = await stage.desk.report(vmId);
    expect(report.queries[0]).toMatchObject({ name: "other.example", verdict: "denied" });
    expect(report).toMatchObject({ default: "deny", counts: { denied: 1 } });
    expect(report.refused.packets).toBeGreaterThan(0);
  });

  test("is asked by TCP as by UDP, and a cut answer is fetched whole", async () => {
    const { guest } = vm;
    expect(await ask(guest, "other.example", { transport: "tcp" })).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask(guest, "slow.example", { transport: "tcp" })).toMatchObject({ answers: [OTHER_SITE] });
    expect(await answers(guest, OTHER_SITE)).toBe("open");
  });

  test("follows an alias, but gets nothing that was put beside it", async () => {
    const { guest } = vm;
    expect(await ask(guest, "alias.example")).toMatchObject({ answers: ["cdn.example", THIRD_SITE] });
    expect(await answers(guest, THIRD_SITE)).toBe("open");
  });

  test.each(["rebind.example", "inside.example"])("is not led into closed ranges by %s", async (name) => {
    expect(await ask(vm.guest, name)).toMatchObject({ rcode: "NXDOMAIN", answers: [], ede: 15 });
    expect(await answers(vm.guest, PRIVATE)).toBe("refused");
  });

  test("reaches a name at its port only", async () => {
    await expect.poll(() => answers(vm.guest, SITE), { timeout: 8000, interval: 500 }).toBe("refused");
    await ask(vm.guest, "ports.example");
    expect(await answers(vm.guest, SITE, 81)).toBe("open");
    expect(await answers(vm.guest, SITE, 80)).toBe("refused");
  });

  test("has no other way: no resolver but ours, no DNS over TLS, no ping", async () => {
    const { guest } = vm;
    expect(await answers(guest, RESOLVER, 853)).toBe("refused");
    expect(await guest.pings(SITE)).toBe(false);
    expect(await guest.pings(vm.address.gateway)).toBe(true);
    expect((await ask(guest, "site.example", { type: "AAAA" })).answers).toEqual([]);
    expect((await ask(guest, "site.example", { type: "HTTPS" })).answers).toEqual([]);
  });
});

describe("addresses and ports", () => {
  test("are denied and allowed by lists; what is private is closed until an entry within it opens it", async () => {
    const vm = await stage.vm({ default: "allow", deny: [`${OTHER_SITE}/32`, ":81"] });
    expect(await answers(vm.guest, SITE)).toBe("open");
    expect(await answers(vm.guest, SITE, 81)).toBe("refused");
    expect(await answers(vm.guest, OTHER_SITE)).toBe("refused");
    expect(await answers(vm.guest, PRIVATE)).toBe("refused");
    await set(vm.vmId, { allow: ["0.0.0.0/0:80"] });
    expect(await answers(vm.guest, OTHER_SITE)).toBe("open");
    expect(await answers(vm.guest, PRIVATE)).toBe("refused");
    await set(vm.vmId, { allow: ["192.168.50.0/24:80"] });
    expect(await answers(vm.guest, SITE)).toBe("refused");
    // The way there is not ours, but the policy lets it try.
    expect(await answers(vm.guest, PRIVATE)).toBe("open");
    await stage.endVm(vm);
  });

  test("of one guest are no other's: it neither gains nor loses by them", async () => {
    const strict = await stage.vm({ allow: [`${SITE}/32:80`] });
    const free = await stage.vm();
    const before = await tracesOf(free.address);
    expect(await answers(strict.guest, OTHER_SITE)).toBe("refused");
    expect(await answers(free.guest, OTHER_SITE)).toBe("open");
    await set(strict.vmId, { deny: [`${SITE}/32`] });
    expect(await answers(free.guest, SITE)).toBe("open");
    expect((await tracesOf(free.address)).length).toBe(before.length);
    await stage.endVm(strict);
    await stage.endVm(free);
  });
});

describe("a change while it runs", () => {
  /** A connection that says something twice a second, until it is cut. */
  function keepTalking({ namespace }: FakeGuest, ip: string) {
    const script = `
      const socket = require("node:net").connect(82, "${ip}", () => console.log("connected"));
      socket.on("error", (error) => { console.log(error.code); process.exit(0); });
      setInterval(() => socket.write("x"), 300);`;
    return spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  test("cuts what is denied now, at once, and leaves what is allowed as before", async () => {
    const vm = await stage.vm({ allow: [`${OTHER_SITE}/32`, "site.example"] });
    await ask(vm.guest, "site.example");
    const [kept, cut] = [keepTalking(vm.guest, SITE), keepTalking(vm.guest, OTHER_SITE)];
    await Promise.all([once(kept.stdout, "data"), once(cut.stdout, "data")]);
    const told = once(cut.stdout, "data");
    await set(vm.vmId, { allow: ["site.example"] });
    expect(String(await told)).toMatch(/ECONNRESET|EPIPE/);
    await sleep(1000);
    expect(kept.exitCode).toBeNull();
    for (const child of [kept, cut]) await end(child);
    await stage.endVm(vm);
  });

  test("lets nothing in any more of a flow that is denied now, though its guest only listens", async () => {
    const vm = await stage.vm({ allow: [`${OTHER_SITE}/32`] });
    const script = `require("node:net").connect(83, "${OTHER_SITE}").on("data", () => console.log("heard"));`;
    const { namespace } = vm.guest;
    const listening = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for (let heard = 0; heard < 2; heard++) await once(listening.stdout, "data");
    await set(vm.vmId, { allow: ["site.example"] });
    let since = 0;
    listening.stdout.on("data", () => since++);
    await sleep(2500);
    expect(since).toBe(0);
    await end(listening);
    await stage.endVm(vm);
  });
});

describe("the watch", () => {
  let vm: Awaited<ReturnType<EgressStage["vm"]>>;
  let watch: Awaited<ReturnType<typeof startWatch>>;
  beforeAll(async () => {
    vm = await stage.vm({ allow: [`${SITE}/32`, "other.example"], deny: [`${THIRD_SITE}/32`] });
    const { network, test, events } = stage;
    watch = await startWatch({
      config: test.config,
      network,
      events: {
        append: (subject, type, data) => ({
          seq: events.push({ subject, type, data }),
          at: "",
          subject,
          type,
          data,
        }),
      },
      log: pino({ level: "silent" }),
      onLost: () => {},
    });
  });
  afterAll(async () => {
    await watch.watch[Symbol.asyncDispose]();
    await stage.endVm(vm);
  });

  const repaired = (since: number) =>
    expect
      .poll(() => watch.repairs.list().slice(0, -since || undefined), { timeout: 6000 })
      .toContainEqual(expect.objectContaining({ code: "egress-rules", outcome: "repaired", vmId: vm.vmId }));

  test("puts a policy back that was lost from the sets", async () => {
    const before = await tracesOf(vm.address);
    const known = watch.repairs.list().length;
    await must("nft", "flush", "set", "inet", "browservm", "egress_allowed");
    await repaired(known);
    expect((await tracesOf(vm.address)).length).toBe(before.length);
    expect(await answers(vm.guest, SITE)).toBe("open");
  });

  test("removes what was opened by hand, and names it", async () => {
    const known = watch.repairs.list().length;
    await must(
      "nft",
      `add element inet browservm egress_allowed { ${vm.address.ip} . 203.0.113.64/26 . 0-65535 }`,
    );
    await repaired(known);
    expect(watch.repairs.list()[0]?.cause).toContain(
      `egress_allowed has ${vm.address.ip} . 203.0.113.64-203.0.113.127 . 0-65535, which no policy asks for`,
    );
  });

  test("loads lost tables anew, with what names have opened", async () => {
    await ask(vm.guest, "other.example");
    await must("nft", "delete", "table", "inet", "browservm");
    await expect.poll(() => stage.network.keeper.missing(), { timeout: 6000 }).toEqual([]);
    expect(await answers(vm.guest, OTHER_SITE)).toBe("open");
    expect(await answers(vm.guest, THIRD_SITE)).toBe("refused");
  });
});

test("a hostd that comes back finds policies in force, and answers again", async () => {
  const vm = await stage.vm({ allow: ["site.example", `${OTHER_SITE}/32`] });
  const before = await tracesOf(vm.address);
  await stage.restart();
  expect(await stage.network.keeper.missing()).toEqual([]);
  expect(await tracesOf(vm.address)).toEqual(before);
  expect(await answers(vm.guest, OTHER_SITE)).toBe("open");
  expect(await answers(vm.guest, SITE)).toBe("refused");
  expect((await ask(vm.guest, "site.example")).answers).toEqual([SITE]);
  expect(await answers(vm.guest, SITE)).toBe("open");
  await stage.endVm(vm);
});

test("who gets a slot after another gets nothing of its policy", async () => {
  const before = await stage.vm({ allow: ["site.example", `${OTHER_SITE}/32`], deny: [`${THIRD_SITE}/32`] });
  await ask(before.guest, "site.example");
  await stage.endVm(before);
  expect(await tracesOf(before.address)).toEqual([]);
  const after = await stage.vmAt(before.address);
  expect(stage.network.egressOf(after.vmId)).toBeUndefined();
  for (const ip of [SITE, THIRD_SITE]) expect(await answers(after.guest, ip)).toBe("open");
  await stage.endVm(after);
});

test("who gets a slot after another gets nothing that a late answer opened for that", async () => {
  const before = await stage.vm({ allow: ["site.example"] });
  await stage.endVm(before);
  await must("nft", `add element inet browservm egress_names { ${before.address.ip} . ${SITE} timeout 60s }`);
  const after = await stage.vmAt(before.address, { allow: [`${OTHER_SITE}/32`] });
  expect(await answers(after.guest, OTHER_SITE)).toBe("open");
  expect(await answers(after.guest, SITE)).toBe("refused");
  await stage.endVm(after);
});
