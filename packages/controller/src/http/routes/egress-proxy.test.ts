import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolFixture } from "../../testing/pool-fixture.ts";

const pools = new PoolFixture();
beforeEach(() => pools.start());
afterEach(() => pools[Symbol.asyncDispose]());

const PASSWORD = "planted-secret-of-a-proxy";
const credentials = { username: "ann", password: PASSWORD };
const url = "socks5://proxy.example:1080";
const through = (more: object = {}) => ({ allow: ["a.example"], proxy: { url, credentials, ...more } });

/** Everything that the controller wrote. */
function written(): string {
  const walk = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? walk(join(path, entry.name)) : entry.isFile() ? [join(path, entry.name)] : [],
    );
  return walk(pools.t.directory)
    .map((path) => readFileSync(path, "latin1"))
    .join("");
}

describe("the proxy of a session", () => {
  test("is told to hostd with its credentials, which nobody else is told, and no file has", async () => {
    const { admin, host } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: through() });
    const egress = host.created[0]?.egress;
    const id = egress?.proxy?.credentials ?? "";
    expect(id).toMatch(/^pxc_/);
    expect(host.freezer.proxyCredentials.get(id)).toEqual(credentials);
    await session.waitFor("ready");
    await session.setEgress(through({ credentials: { username: "ann", password: `${PASSWORD}2` } }));
    const told = [
      session.data,
      await session.egress(),
      host.created,
      host.events,
      await admin.sessions.list(),
    ];
    for await (const event of session.events({ after: 0 })) {
      told.push(event as never);
      if (event.type === "session.egress") break;
    }
    expect(JSON.stringify(told)).not.toContain("planted");
    expect(written()).not.toContain("planted");
  });

  test("keeps its credentials by their id, for the same address only", async () => {
    const { admin, host } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: through() });
    await session.waitFor("ready");
    const kept = (await session.egress()).policy?.proxy;
    const again = await session.setEgress({ deny: [":25"], ...(kept ? { proxy: kept } : {}) });
    expect(again.policy?.proxy).toEqual(kept);
    const elsewhere = { proxy: { ...kept, url: "socks5://evil.example:1080" } };
    await expect(session.setEgress(elsewhere)).rejects.toMatchObject({ code: "PROXY_CREDENTIALS_UNKNOWN" });
    const other = { image: "tiny", egress: { ...(kept ? { proxy: kept } : {}) } };
    await expect(admin.sessions.create(other)).rejects.toMatchObject({ code: "PROXY_CREDENTIALS_UNKNOWN" });
    expect(host.created).toHaveLength(1);
    expect((await session.egress()).policy?.proxy).toEqual(kept);
  });

  test("is told again to a hostd that begins anew, and goes along with forks and pools", async () => {
    const { admin, host } = pools.t;
    await pools.full(1, { egress: { deny: [], ...through() } });
    const session = await admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const { vm } = session.data;
    const proxy = host.freezer.egress.get(vm?.id ?? "")?.proxy;
    host.freezer.proxyCredentials.clear();
    await session.fork();
    expect(host.freezer.proxyCredentials.get(proxy?.credentials ?? "")).toEqual(credentials);
    host.freezer.proxyCredentials.clear();
    await host.stop();
    await host.start();
    await expect
      .poll(() => host.freezer.proxyCredentials.get(proxy?.credentials ?? ""), { timeout: 8000 })
      .toEqual(credentials);
  });

  test("that hostd refuses leaves the policy that was", async () => {
    const { admin, host } = pools.t;
    const session = await admin.sessions.create({ image: "tiny", egress: { deny: [":25"] } });
    await session.waitFor("ready");
    host.freezer.refuseEgress = "PROXY_EXIT_IS_HOST";
    await expect(session.setEgress(through())).rejects.toMatchObject({
      code: "PROXY_EXIT_IS_HOST",
      status: 422,
    });
    const record = await admin.sessions.egress(session.id);
    expect(record.policy).toEqual({ allow: [], deny: [":25"] });
  });

  test("is the same to a request that is repeated, and refused by name when it means nothing", async () => {
    const { admin } = pools.t;
    const request = { image: "tiny", egress: through() };
    const [one, two] = [
      await admin.sessions.create(request, { idempotencyKey: "same" }),
      await admin.sessions.create(request, { idempotencyKey: "same" }),
    ];
    expect(two.id).toBe(one.id);
    for (const bad of ["ftp://p.example", "http://u:p@p.example", "p.example:80", "socks5://[::1]:1"])
      await expect(
        admin.sessions.create({ image: "tiny", egress: { proxy: { url: bad } } }),
      ).rejects.toMatchObject({
        code: "BAD_REQUEST",
        details: { issues: [{ path: "body.egress.proxy.url" }] },
      });
  });
});
