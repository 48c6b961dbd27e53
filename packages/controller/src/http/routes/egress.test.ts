import type { SessionId, VmId } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sessionStore } from "../../sessions/session-store.ts";
import { PoolFixture } from "../../testing/pool-fixture.ts";

const pools = new PoolFixture();
beforeEach(() => pools.start());
afterEach(() => pools[Symbol.asyncDispose]());

const requestOf = async (id: SessionId) =>
  (await pools.t.withStore((store) => sessionStore.get(store, id))).request;
const only = (...allow: string[]) => ({ allow, deny: [] });

describe("where a session may go", () => {
  test("is told to hostd with its VM, and can be changed and ended while it runs", async () => {
    const { admin, host } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: { allow: ["example.com"] } });
    expect(host.created[0]?.egress).toEqual(only("example.com"));
    await session.waitFor("ready");
    expect(await session.egress()).toMatchObject({ policy: only("example.com"), default: "deny" });
    expect(await session.setEgress({ deny: [":25"] })).toMatchObject({
      policy: { allow: [], deny: [":25"] },
      default: "allow",
    });
    const fork = await session.fork();
    expect(host.freezer.forks).toMatchObject([{ from: session.data.vm?.id }]);
    expect((await requestOf(fork.id)).egress).toEqual({
      allow: [],
      deny: [":25"],
    });
    expect(await session.setEgress(null)).toMatchObject({ policy: null, default: "allow" });
    expect((await requestOf(session.id)).egress).toBeUndefined();
  });

  test("with a VM of a pool is in force when that is handed out; the pool's own counts where it says nothing", async () => {
    const { admin, host } = pools.t;
    const vms = await pools.full(2, { egress: only("pool.example") });
    expect(await admin.pools.get("warm")).toMatchObject({ egress: only("pool.example") });
    await admin.sessions.create({ image: "tiny" });
    await admin.sessions.create({ image: "tiny", egress: only("own.example") });
    expect(vms.map((id) => host.freezer.egress.get(id))).toEqual([only("pool.example"), only("own.example")]);
  });

  test("is the pool's also when no VM of it is ready: whether one was decides nothing", async () => {
    const { admin, host } = pools.t;
    await pools.full(1, { egress: only("pool.example") });
    const [first, second, own] = await Promise.all([
      admin.sessions.create({ image: "tiny" }),
      admin.sessions.create({ image: "tiny" }),
      admin.sessions.create({ image: "tiny", egress: only("own.example") }),
    ]);
    const wanted = [only("pool.example"), only("pool.example"), only("own.example")];
    const records = await Promise.all(
      [first, second, own].map(({ id }) => pools.t.withStore((store) => sessionStore.get(store, id))),
    );
    expect(records.map(({ request }) => request.egress)).toEqual(wanted);
    const told = ({ vmId }: { vmId: VmId }) =>
      host.freezer.egress.get(vmId) ?? host.created.find(({ id }) => id === vmId)?.egress;
    expect(records.map(told)).toEqual(wanted);
    expect(records.filter(({ pool }) => pool === null)).not.toEqual([]);
  });

  test("is refused by name when it means nothing, and leaves nothing", async () => {
    const { admin, host } = pools.t;
    const create = (egress: object) => admin.sessions.create({ image: "tiny", egress });
    for (const egress of [
      only("*.com"),
      only("fd00:ec2::254"),
      { deny: ["example.com:80"] },
      { default: "maybe" },
      { allow: Array.from({ length: 10_000 }, (_, index) => `n${index}.example`) },
      { permit: [] },
    ]) {
      await expect(create(egress)).rejects.toMatchObject({ code: "BAD_REQUEST", status: 400 });
    }
    await expect(create(only("a.example", "*.com"))).rejects.toMatchObject({
      details: { issues: [{ path: "body.egress.allow.1", message: expect.stringContaining("*.com") }] },
    });
    expect(host.created).toEqual([]);
  });

  test("cannot be changed of a session that is over, nor of one that never was", async () => {
    const { admin } = pools.t;
    const session = await admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    await admin.sessions.end(session.id);
    await expect(session.setEgress(only("a.example"))).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    expect(await session.egress()).toMatchObject({ policy: null, default: "allow", inForce: false });
    await expect(admin.sessions.egress("ses_00000000000000000000")).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  test("is told of a session that is over, as it was at last, with nothing of its proxy's credentials but the id", async () => {
    const { admin } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: only("a.example") });
    await session.waitFor("ready");
    const credentials = { username: "ann", password: "planted-secret" };
    const url = "socks5://proxy.example:1080";
    await session.setEgress({ deny: [":25"], proxy: { url, credentials } });
    await session.end();
    const told = await session.egress();
    expect(told).toMatchObject({ policy: { deny: [":25"], proxy: { url } }, inForce: false });
    expect(JSON.stringify(told)).not.toContain("planted");
    expect(told.proxy).toBeUndefined();
  });

  test("tells refusals as events of the session, and counts them", async () => {
    const { admin, host } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: only("a.example") });
    await session.waitFor("ready");
    const refused = { name: "b.example", type: "A", verdict: "denied", count: 3 };
    host.emit(session.data.vm?.id ?? "", "egress.denied", refused);
    for await (const { type, data } of session.events({ after: 0 })) {
      if (type !== "egress.denied") continue;
      expect(data).toEqual(refused);
      break;
    }
    await expect
      .poll(() => admin.metrics())
      .toContain('browservm_egress_denied_names_total{verdict="denied"} 3');
  });
});
