import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateConnection, type CreateOAuth } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { type Misbehave, TestProvider } from "../testing/test-provider.ts";
import { oauthRequest, storeOAuth, VaultFixture } from "../testing/vault-fixture.ts";
import { OpenIdProvider } from "./provider.ts";

const WORKER = new URL("../testing/token-worker.ts", import.meta.url).pathname;

let provider: TestProvider;
let fixture: VaultFixture;
beforeEach(async () => {
  provider = await TestProvider.start();
  fixture = new VaultFixture();
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

describe("a token", () => {
  test("that is good is handed out as it is; one that is over is refreshed first, and stored", async () => {
    const a = await fixture.open();
    const far = new Date(Date.now() + 3_600_000).toISOString();
    const request = await oauthRequest(provider, { expiresAt: far });
    const good = await a.parts.connections.create(request, SYSTEM);
    expect((await a.parts.connections.token(good.id, SYSTEM)).expiresAt).toBe(far);
    expect(provider.refreshes).toBe(0);

    const over = await storeOAuth(a, provider);
    const token = await a.parts.connections.token(over.id, SYSTEM);
    expect(await provider.knows(token.accessToken)).toBe(true);
    expect(provider.refreshes).toBe(1);
    await a.close();
    const b = await fixture.open();
    expect(await b.parts.connections.token(over.id, SYSTEM)).toEqual(token);
    expect(provider.refreshes).toBe(1);
    expect(await b.parts.connections.get(over.id)).toMatchObject({ health: "ok", needsUser: false });
  });

  test("is rotated again and again without a reuse", async () => {
    const { parts } = await fixture.open();
    const { id } = await parts.connections.create(await oauthRequest(provider), SYSTEM);
    const seen = new Set<string>();
    for (let i = 0; i < 5; i += 1) {
      await parts.connections.refresh(id, SYSTEM);
      seen.add((await parts.connections.token(id, SYSTEM)).accessToken);
    }
    expect(seen.size).toBe(5);
    expect([provider.refreshes, provider.reuses]).toEqual([5, 0]);
  });

  test("that is on its way when the controller ends is stored first", async () => {
    const first = await fixture.open();
    const { id } = await storeOAuth(first, provider);
    provider.misbehave = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return false;
    };
    const asked = first.parts.connections.token(id, SYSTEM).catch(() => "it came too late to be told");
    await expect.poll(() => provider.refreshes).toBe(1);
    await first.close();
    await asked;
    const second = await fixture.open();
    const { accessToken } = await second.parts.connections.token(id, SYSTEM);
    expect(await provider.knows(accessToken)).toBe(true);
    expect([provider.refreshes, provider.reuses]).toEqual([1, 0]);
  });
});

interface Outcome {
  readonly tokens?: readonly string[];
  readonly problem?: unknown;
}

/** Asks from a controller process of its own, when `go` is called. */
async function otherController(id: string, asks: number) {
  const worker = fork(WORKER, [fixture.directory, id, String(asks)], { execArgv: [] });
  await once(worker, "message");
  return async (): Promise<Outcome> => {
    const [told, gone] = [once(worker, "message"), once(worker, "exit")];
    worker.send("go");
    const [outcome] = (await told) as [Outcome];
    await gone;
    return outcome;
  };
}

describe("a thousand requests at the same time for a token that is over", () => {
  test("are answered by one refresh, in one controller", async () => {
    const { parts } = await fixture.open();
    const { id } = await parts.connections.create(await oauthRequest(provider), SYSTEM);
    const all = await Promise.all(Array.from({ length: 1000 }, () => parts.connections.token(id, SYSTEM)));
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect([provider.refreshes, provider.reuses]).toEqual([1, 0]);
    const read = await parts.audit.verify();
    // The key, the connection, its refresh, and each token that was read.
    expect(read).toMatchObject({ ok: true, entries: 1003 });
  }, 30_000);

  test("are answered by one refresh, over two controller processes on one database", async () => {
    const first = await fixture.open();
    const { id } = await storeOAuth(first, provider);
    await first.close();
    const go = await Promise.all([otherController(id, 500), otherController(id, 500)]);
    const outcomes = await Promise.all(go.map((one) => one()));
    expect(outcomes.map(({ problem }) => problem)).toEqual([undefined, undefined]);
    const tokens = outcomes.flatMap(({ tokens = [] }) => tokens);
    expect([tokens.length, new Set(tokens).size]).toEqual([1000, 1]);
    expect([provider.refreshes, provider.reuses]).toEqual([1, 0]);
    const { parts } = await fixture.open();
    expect(await parts.audit.verify()).toMatchObject({ ok: true, entries: 1003 });
  }, 30_000);
});

describe("a provider that", () => {
  const cases: ReadonlyArray<[string, Misbehave, string, string]> = [
    ["answers 500", (r) => end(r, 500, "text/html", "<h1>no</h1>"), "PROVIDER_DOWN", "provider_down"],
    ["answers garbage", (r) => end(r, 200, "application/json", "{{{"), "PROVIDER_DOWN", "provider_down"],
    [
      "answers something else",
      (r) => end(r, 200, "application/json", "[]"),
      "PROVIDER_DOWN",
      "provider_down",
    ],
    ["hangs up", (r) => r.destroy() !== undefined, "PROVIDER_DOWN", "provider_down"],
    ["never answers", () => true, "PROVIDER_DOWN", "provider_down"],
    [
      "floods",
      (r) => end(r, 200, "application/json", "x".repeat(2_000_000)),
      "PROVIDER_DOWN",
      "provider_down",
    ],
    [
      "redirects",
      (r) => end(r, 302, "text/html", "", { location: "http://127.0.0.1:9/" }),
      "PROVIDER_DOWN",
      "provider_down",
    ],
    ["is overloaded", (r) => refuse(r, 503, "temporarily_unavailable"), "PROVIDER_DOWN", "provider_down"],
    ["took it back", (r) => refuse(r, 400, "invalid_grant"), "CONNECTION_NEEDS_USER", "revoked"],
    ["does not know us", (r) => refuse(r, 401, "invalid_client"), "CONNECTION_NEEDS_USER", "needs_user"],
    ["wants a person", (r) => refuse(r, 400, "login_required"), "CONNECTION_NEEDS_USER", "needs_user"],
  ];

  test.each(cases)("%s is told as what it is", async (_, misbehave, code, health) => {
    const { parts, metrics } = await fixture.open({ provider: new OpenIdProvider(1) });
    const { id } = await parts.connections.create(await oauthRequest(provider), SYSTEM);
    provider.misbehave = misbehave;
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({ code, details: { health } });
    expect(await parts.connections.get(id)).toMatchObject({ health, needsUser: code !== "PROVIDER_DOWN" });
    const outcome = { provider_down: "down", revoked: "grant", needs_user: "user" }[health];
    expect(metrics.lines()).toContain(`browservm_connection_refresh_seconds_count{outcome="${outcome}"} 1`);
    const asked = provider.refreshes;
    provider.misbehave = undefined;
    if (code === "PROVIDER_DOWN") {
      await parts.connections.token(id, SYSTEM);
      expect(await parts.connections.get(id)).toMatchObject({ health: "ok" });
    } else {
      // Nobody asks again with what was refused, until somebody wants to know.
      await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({ code });
      expect(provider.refreshes).toBe(asked);
      expect(await parts.connections.refresh(id, SYSTEM)).toMatchObject({ health: "ok" });
    }
  });

  test("is away is told as that, and its refusal afterwards is no reuse", async () => {
    const { parts } = await fixture.open();
    const server = createServer((_, response) => void refuse(response, 400, "invalid_grant"));
    const listen = (port: number) => once(server.listen(port, "127.0.0.1"), "listening");
    await listen(0);
    const { port } = server.address() as AddressInfo;
    await once(server.close(), "close");
    const { tokens } = (await oauthRequest(provider)) as CreateOAuth;
    const client = { tokenEndpoint: `http://127.0.0.1:${port}/token`, clientId: "tool" };
    const request = CreateConnection.parse({ kind: "oauth", provider: "test", client, tokens });
    const { id } = await parts.connections.create(request, SYSTEM);
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({
      code: "PROVIDER_DOWN",
      details: { reason: "no connection (ECONNREFUSED)" },
    });
    await listen(port);
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({
      details: { health: "revoked" },
    });
    server.closeAllConnections();
    await once(server.close(), "close");
  });

  test("gave tokens that never got here leaves a connection that says so", async () => {
    const { parts } = await fixture.open({ provider: new OpenIdProvider(2) });
    const { id } = await parts.connections.create(await oauthRequest(provider), SYSTEM);
    provider.misbehave = swallowAnswer;
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({ code: "PROVIDER_DOWN" });
    provider.misbehave = undefined;
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({
      code: "CONNECTION_NEEDS_USER",
      details: { health: "refresh_reused" },
    });
    expect(provider.reuses).toBe(1);
    expect(await parts.connections.get(id)).toMatchObject({ health: "refresh_reused", needsUser: true });
  });

  test("ended the grant is told as revoked", async () => {
    const { parts } = await fixture.open();
    const request = (await oauthRequest(provider)) as CreateOAuth;
    const { id } = await parts.connections.create(request, SYSTEM);
    await provider.revoke(request.tokens.refreshToken ?? "");
    await expect(parts.connections.token(id, SYSTEM)).rejects.toMatchObject({
      details: { health: "revoked" },
    });
  });
});

function end(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): boolean {
  response.writeHead(status, { "content-type": type, ...headers }).end(body);
  return true;
}

const refuse = (response: ServerResponse, status: number, error: string) =>
  end(response, status, "application/json", JSON.stringify({ error, error_description: "words" }));

/** The provider does all that it does; what it says is cut off. */
const swallowAnswer: Misbehave = (response) => {
  response.end = ((..._: unknown[]) => response.destroy()) as typeof response.end;
  return false;
};
