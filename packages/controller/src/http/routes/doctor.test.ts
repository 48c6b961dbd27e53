import { type DoctorFinding, type Event, makeId, paths, VmId } from "@browservm/contract";
import type { BrowserVM, SessionHandle } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pictureOf } from "../../doctor/testing/healthy-live.ts";
import { FakeGateway } from "../../testing/fake-gateway.ts";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
let gateway: FakeGateway;
let session: SessionHandle;
let vmId: VmId;
beforeEach(async () => {
  t = await TestController.start();
  gateway = await FakeGateway.listen(paths(t.config).gatewaySocket);
  session = await t.admin.sessions.create({ image: "tiny" });
  const { vm } = await session.waitFor("ready");
  vmId = VmId.parse(vm?.id);
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await t[Symbol.asyncDispose]();
});

const code = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code: string }) => error.code,
  );
const nobody = VmId.parse(makeId("vm", new Uint8Array(20)));

const orphan = (): DoctorFinding => ({
  code: "tap-orphan",
  layer: "tap",
  title: "The TAP is plugged into the bridge",
  verdict: "fail",
  vmId,
  cause: "bv-0 has no master",
  evidence: [
    { source: "netlink", subject: "link bv-0", excerpt: "master none", at: "2026-01-01T00:00:00.000Z" },
  ],
  fix: { kind: "auto", text: "Plug it in", commands: ["ip link set bv-0 master fcbr0"], risk: "none" },
  suppressedBy: [],
});

const tokenOf = (user: BrowserVM) => user.sessions.createViewToken(session.id, {});

describe("the doctor", () => {
  test("tells a session's path to its users, and the host's and any VM's to admins only", async () => {
    const user = await t.user();
    expect(await user.examine({ sessionId: session.id })).toMatchObject({ subject: "vm", vmId });
    expect(await user.sessions.examine(session.id)).toMatchObject({ verdict: "healthy" });
    expect(await code(user.examine())).toBe("FORBIDDEN");
    expect(await code(user.examine({ vmId }))).toBe("FORBIDDEN");
    expect(await t.admin.examine()).toMatchObject({ subject: "host" });
    expect(await t.admin.examine({ vmId })).toMatchObject({ subject: "vm", vmId });
  });

  test("tells viewers nothing", async () => {
    const { token } = await tokenOf(t.admin);
    const headers = { authorization: `Bearer ${token}` };
    for (const [method, path] of [
      ["POST", "/v1/doctor"],
      ["POST", "/v1/doctor/fix"],
      ["GET", "/v1/host/network"],
      ["GET", `/v1/sessions/${session.id}/evidence`],
    ] as const) {
      const body = method === "POST" ? { body: { sessionId: session.id } } : {};
      expect([path, (await t.fetch(method, path, { headers, ...body })).status]).toEqual([path, 403]);
      expect([path, (await t.fetch(method, path, body)).status]).toEqual([path, 401]);
    }
  });

  test("says why there is nothing to look at", async () => {
    expect(await code(t.admin.examine({ sessionId: `ses_${"a".repeat(20)}` }))).toBe("SESSION_NOT_FOUND");
    expect(await code(t.admin.examine({ vmId: nobody }))).toBe("VM_NOT_FOUND");
    expect(await code(t.admin.examine({ vmId, sessionId: session.id }))).toBe("BAD_REQUEST");
    expect(await code(t.admin.examine({ sessionId: "../../etc" }))).toBe("BAD_REQUEST");
    await session.end();
    expect(await code(session.examine())).toBe("SESSION_OVER");
    await t.host.stop();
    expect(await code(t.admin.examine())).toBe("HOST_UNREACHABLE");
  });

  test("calls a failed session over when hostd keeps its VM no longer", async () => {
    t.host.tell(vmId, "failed", { code: "TAP_LOST", message: "gone", fix: "Make a new one." });
    await session.waitFor("failed");
    expect(await code(session.examine())).toBe("ok");
    t.host.vms.delete(vmId);
    await expect(session.examine()).rejects.toMatchObject({
      code: "SESSION_OVER",
      details: { status: "failed", reason: { code: "TAP_LOST" } },
    });
  });

  test("tells what it would repair, repairs it for admins only, and looks again", async () => {
    t.host.doctor.findings = [orphan()];
    const user = await t.user();
    expect(await code(user.fix({ sessionId: session.id, apply: true }))).toBe("FORBIDDEN");
    const plan = await t.admin.fix({ sessionId: session.id });
    expect(plan.steps).toEqual([{ code: "tap-orphan", words: "Plug it in", done: false }]);
    expect(plan.after).toBeUndefined();
    expect((await session.examine()).rootCauses).toEqual(["tap-orphan"]);
    const done = await t.admin.fix({ sessionId: session.id, apply: true });
    expect(done.steps).toMatchObject([{ done: true }]);
    expect(done.after?.verdict).toBe("healthy");
  });
});

describe("the doctor of the live view", () => {
  const dead = { captured: 9, unchanged: 0, encoded: 0, state: "failed" as const };
  const words = { code: "ENCODER_FAILED", message: "no frame in 5 s" };

  test("adds what the gateway knows of a session's picture to what hostd knows of its VM", async () => {
    gateway.report = pictureOf({ ...dead, problem: words });
    const report = await session.examine();
    expect(report.rootCauses).toEqual(["live-encoder-dead"]);
    expect(report.findings.find(({ code }) => code === "live-encoder-dead")).toMatchObject({
      layer: "live",
      vmId,
    });
    gateway.report = pictureOf();
    expect((await session.examine()).verdict).toBe("healthy");
  });

  test("tells of the gateway in the host's report, of no picture in a VM's, and of both before and after a fix", async () => {
    gateway.report = pictureOf({ ...dead, problem: words });
    const live = ({ findings }: { findings: readonly DoctorFinding[] }) =>
      findings.filter(({ layer }) => layer === "live").map(({ code }) => code);
    expect(live(await t.admin.examine())).toEqual(["live-gateway-down", "live-port-closed"]);
    expect(live(await t.admin.examine({ vmId }))).toEqual([]);
    const { before, after } = await t.admin.fix({ sessionId: session.id, apply: true });
    expect([before.rootCauses, after?.rootCauses]).toEqual([["live-encoder-dead"], ["live-encoder-dead"]]);
  });

  test("names a gateway that is gone, and goes on with what hostd tells", async () => {
    await gateway[Symbol.asyncDispose]();
    t.host.doctor.findings = [orphan()];
    expect((await session.examine()).rootCauses).toEqual(["tap-orphan", "live-gateway-down"]);
    expect((await t.admin.examine()).rootCauses).toContain("live-gateway-down");
    gateway = await FakeGateway.listen(paths(t.config).gatewaySocket);
  });
});

test("the host's picture names the session of each VM, and is for admins", async () => {
  const counters = { rxPackets: 1, txPackets: 1, rxDropped: 0, txDropped: 0 };
  const port = { up: true, carrier: true, forwarding: true, isolated: true, ...counters };
  t.host.doctor.picture = {
    ...t.host.doctor.picture,
    ports: [
      { name: "bv-0", kind: "vm", vmId, ...port },
      { name: "veth0", kind: "stranger", ...port },
    ],
    unplugged: [{ vmId: nobody, tap: "bv-1", exists: false }],
  };
  const { ports, unplugged } = await t.admin.hostNetwork();
  expect(ports).toMatchObject([{ vmId, sessionId: session.id }, { name: "veth0" }]);
  expect(ports[1]).not.toHaveProperty("sessionId");
  expect(unplugged).toEqual([{ vmId: nobody, tap: "bv-1", exists: false }]);
  expect(await code((await t.user()).hostNetwork())).toBe("FORBIDDEN");
});

test("what was kept of a failed session is there after its end, and of others there is nothing", async () => {
  const user = await t.user();
  expect(await code(user.sessions.evidence(session.id))).toBe("EVIDENCE_NOT_FOUND");
  t.host.doctor.evidence.set(vmId, Buffer.from("a tar"));
  await session.end();
  expect(Buffer.from(await user.sessions.evidence(session.id)).toString()).toBe("a tar");
  t.host.doctor.evidence.clear();
  expect(await code(user.sessions.evidence(session.id))).toBe("EVIDENCE_NOT_FOUND");
  expect(await code(user.sessions.evidence(`ses_${"a".repeat(20)}`))).toBe("SESSION_NOT_FOUND");
});

test("a session shows what the last proof of its VM said", async () => {
  const health = { at: "2026-01-01T00:00:00.000Z", verdict: "faults" as const, codes: ["tap-orphan"] };
  const vm = t.host.vms.get(vmId);
  if (vm) t.host.vms.set(vmId, { ...vm, health });
  t.host.emit(vmId, "vm.health", health);
  await expect.poll(async () => (await t.admin.sessions.get(session.id)).vm?.health).toEqual(health);
});

test("repairs are told to the session whose VM it was, and those of the host to admins only", async () => {
  const repair = { code: "tap-orphan", cause: "no master", step: "plug it in", outcome: "repaired" };
  t.host.emit(vmId, "network.repair", { ...repair, vmId });
  t.host.emit("host", "network.repair", { ...repair, code: "bridge-down" });
  t.host.emit(nobody, "network.repair", { ...repair, vmId: nobody });
  t.host.emit("host", "network.repair", { ...repair, vmId });
  const subjects = async (who: BrowserVM, count: number) => {
    const heard: Event[] = [];
    for await (const event of who.events({ after: 0, signal: AbortSignal.timeout(10_000) })) {
      if (event.type === "network.repair") heard.push(event);
      if (heard.length === count) break;
    }
    return heard.map(({ subject }) => subject);
  };
  expect(await subjects(t.admin, 4)).toEqual([session.id, "host", "host", session.id]);
  expect(await subjects(await t.user(), 2)).toEqual([session.id, session.id]);
});
