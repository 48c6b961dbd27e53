import { readFileSync } from "node:fs";
import type { EgressProxy, ProxyCredentialsId } from "@browservm/contract";
import { expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import { SigninFixture } from "../testing/signin-fixture.ts";
import { VaultFixture } from "../testing/vault-fixture.ts";

const credentials = { username: "ann", password: "planted" };
const policy = { allow: [], deny: [], proxy: { url: "socks5://proxy.example:1080", credentials } };

function idOf(proxy: EgressProxy | undefined): ProxyCredentialsId {
  if (!proxy?.credentials) throw new Error("nothing was kept");
  return proxy.credentials;
}

/** As if all credentials had been kept long ago. */
const passTime = (store: Store) =>
  store
    .updateTable("proxy_credentials")
    .set({ created_at: new Date(0).toISOString() })
    .execute();

test("credentials that are kept again count as new: what names them may not be written yet", async () => {
  await using fixture = new VaultFixture();
  const { parts, store } = await fixture.open();
  const { proxy } = await parts.proxies.keep(policy);
  await passTime(store);
  expect((await parts.proxies.keep(policy)).proxy).toEqual(proxy);
  await parts.proxies.tidy();
  expect(await parts.proxies.open(idOf(proxy))).toEqual(credentials);
  await passTime(store);
  await parts.proxies.tidy();
  await expect(parts.proxies.open(idOf(proxy))).rejects.toMatchObject({
    code: "PROXY_CREDENTIALS_UNKNOWN",
  });
});

test("credentials of a sign-in stay while it can be retried", async () => {
  await using fixture = await SigninFixture.start();
  const { id } = await fixture.begin({
    provider: "web",
    settings: { recipe: "cookies", url: "https://example.org/login", origins: ["https://example.org"] },
    session: { egress: policy },
  });
  await fixture.signins.cancel(id);
  expect(await fixture.endOf(id)).toBe("cancelled");
  await fixture.api.stopController();
  await using vault = new VaultFixture(fixture.api.config.stateDir);
  const { parts, store } = await vault.open();
  const kept = idOf((await parts.proxies.keep(policy)).proxy);
  await passTime(store);
  await parts.proxies.tidy();
  expect(await parts.proxies.open(kept)).toEqual(credentials);
  await store.updateTable("signin").set({ secret: null }).where("id", "=", id).execute();
  await parts.proxies.tidy();
  await expect(parts.proxies.open(kept)).rejects.toMatchObject({
    code: "PROXY_CREDENTIALS_UNKNOWN",
  });
});

test("credentials follow a rotation of the master key, and open when the old one is gone", async () => {
  await using fixture = new VaultFixture();
  const { parts } = await fixture.open();
  const { proxy } = await parts.proxies.keep(policy);
  await parts.rotate(SYSTEM);
  await parts.rotation.settled();
  expect(await parts.status()).toMatchObject({ keyVersion: 2, waiting: 0 });
  expect(readFileSync(fixture.keyFile, "utf8")).toMatch(/^2:\S+\n$/);
  expect(await parts.proxies.open(idOf(proxy))).toEqual(credentials);
});
