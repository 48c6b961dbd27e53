import { readFileSync } from "node:fs";
import { EgressPolicy, type ProxyCredentialsId } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { poolStore } from "../pools/pool-store.ts";
import { SigninFixture } from "../testing/signin-fixture.ts";
import { type OpenVault, VaultFixture } from "../testing/vault-fixture.ts";

const url = "http://proxy.example:3128";
const ANN = { username: "ann", password: "s3cret" };

let fixture: VaultFixture;
let opened: OpenVault;
beforeEach(async () => {
  fixture = new VaultFixture();
  opened = await fixture.open();
});
afterEach(() => fixture[Symbol.asyncDispose]());

async function keep(credentials = ANN): Promise<ProxyCredentialsId> {
  const { proxy } = await opened.parts.proxies.keep({ allow: [], deny: [], proxy: { url, credentials } });
  if (!proxy?.credentials) throw new Error("they were not kept");
  return proxy.credentials;
}
const rows = () => opened.store.selectFrom("proxy_credentials").selectAll().execute();
/** As if they had been kept that long ago. */
const age = (minutes: number) =>
  opened.store
    .updateTable("proxy_credentials")
    .set({ created_at: new Date(Date.now() - minutes * 60_000).toISOString() })
    .execute();

test("a rotation gives them over to the new key, and they are the same", async () => {
  const id = await keep();
  const [before] = await rows();
  await opened.parts.rotation.begin(SYSTEM);
  await opened.parts.rotation.settled();
  const [after] = await rows();
  expect(after?.key_version).toBe((before?.key_version ?? 0) + 1);
  expect(await opened.parts.status()).toMatchObject({ keyVersion: 2, waiting: 0 });
  expect(readFileSync(fixture.keyFile, "utf8")).toMatch(/^2:\S+\n$/);
  expect(await opened.parts.proxies.open(id)).toEqual(ANN);
  expect(await keep()).toBe(id);
});

test("those that nobody names are tidied away after ten minutes, and those of a pool are not", async () => {
  const { store, parts } = opened;
  const [left, named] = [await keep(), await keep({ ...ANN, username: "bob" })];
  const policy = EgressPolicy.parse({ proxy: { url, credentials: named } });
  await poolStore.put(store, "p", "api", { image: "tiny", size: 1, egress: policy });
  await age(9);
  await parts.proxies.tidy();
  expect(await rows()).toHaveLength(2);
  await age(11);
  await parts.proxies.tidy();
  expect((await rows()).map(({ id }) => id)).toEqual([named]);
  await expect(parts.proxies.open(left)).rejects.toMatchObject({ code: "PROXY_CREDENTIALS_UNKNOWN" });
});

test("old ones that are asked for again are not tidied away before they are named", async () => {
  const id = await keep();
  await age(60);
  expect(await keep()).toBe(id);
  await opened.parts.proxies.tidy();
  expect(await opened.parts.proxies.open(id)).toEqual(ANN);
});

test("the same at the same time are the same, and one that was altered is in nobody's way", async () => {
  const [one, two] = await Promise.all([keep(), keep()]);
  expect(two).toBe(one);
  await opened.store
    .updateTable("proxy_credentials")
    .set({ secret: Buffer.alloc(64) })
    .execute();
  await expect(opened.parts.proxies.open(one)).rejects.toMatchObject({ code: "SECRET_ALTERED" });
  const anew = await keep();
  expect(anew).not.toBe(one);
  expect(await opened.parts.proxies.open(anew)).toEqual(ANN);
});

test("those of a sign-in stay while it can be retried", async () => {
  await using signins = await SigninFixture.start();
  const { id } = await signins.begin({
    provider: "web",
    settings: { recipe: "cookies", url: "https://example.org/login", origins: ["https://example.org"] },
    session: { egress: { allow: [], deny: [], proxy: { url, credentials: ANN } } },
  });
  await signins.signins.cancel(id);
  expect(await signins.endOf(id)).toBe("cancelled");
  await signins.api.stopController();
  await using vault = new VaultFixture(signins.api.config.stateDir);
  opened = await vault.open();
  const { store, parts } = opened;
  const kept = await keep();
  await age(60);
  await parts.proxies.tidy();
  expect(await parts.proxies.open(kept)).toEqual(ANN);
  await store.updateTable("signin").set({ secret: null }).where("id", "=", id).execute();
  await parts.proxies.tidy();
  await expect(parts.proxies.open(kept)).rejects.toMatchObject({ code: "PROXY_CREDENTIALS_UNKNOWN" });
});
