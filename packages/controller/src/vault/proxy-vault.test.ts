import { expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { SigninFixture } from "../testing/signin-fixture.ts";
import { VaultFixture } from "../testing/vault-fixture.ts";

const credentials = { username: "ann", password: "planted" };
const policy = { allow: [], deny: [], proxy: { url: "socks5://proxy.example:1080", credentials } };

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
  expect(await parts.proxies.open(proxy?.credentials ?? ("" as never))).toEqual(credentials);
  await passTime(store);
  await parts.proxies.tidy();
  await expect(parts.proxies.open(proxy?.credentials ?? ("" as never))).rejects.toMatchObject({
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
  const { credentials: kept } = (await parts.proxies.keep(policy)).proxy ?? {};
  await passTime(store);
  await parts.proxies.tidy();
  expect(await parts.proxies.open(kept ?? ("" as never))).toEqual(credentials);
  await store.updateTable("signin").set({ secret: null }).where("id", "=", id).execute();
  await parts.proxies.tidy();
  await expect(parts.proxies.open(kept ?? ("" as never))).rejects.toMatchObject({
    code: "PROXY_CREDENTIALS_UNKNOWN",
  });
});
