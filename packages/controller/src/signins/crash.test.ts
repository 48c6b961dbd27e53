import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Config, CreateSignin, paths } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { openStore, type Store } from "../store/store.ts";
import { untilItDies } from "../testing/dying-controller.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { SigninProcess } from "../testing/signin-process.ts";
import { isUnfinished, type SigninRecord } from "./signin-record.ts";
import { signinStore } from "./signin-store.ts";

const directory = mkdtempSync(join(tmpdir(), "bvm-signins-"));
const files = paths(Config.parse({ stateDir: directory, runDir: directory }));
const host = new FakeHost(files.hostSocket);
let provider: Server;
/** Codes are good once. */
const used = new Set<string>();
let store: Store;

beforeAll(async () => {
  store = await openStore(files.controllerDatabase);
  await host.start();
  provider = createServer((request, response) => {
    request.setEncoding("utf8").once("data", (body: string) => {
      const code = new URLSearchParams(body).get("code") ?? "";
      const isGood = !used.has(code);
      used.add(code);
      const tokens = {
        access_token: `of ${code}`,
        token_type: "Bearer",
        expires_in: 3600,
        refresh_token: "r",
      };
      response.writeHead(isGood ? 200 : 400, { "content-type": "application/json" });
      response.end(JSON.stringify(isGood ? tokens : { error: "invalid_grant" }));
    });
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await host[Symbol.asyncDispose]();
  await store.destroy();
  rmSync(directory, { recursive: true, force: true });
});

function request(): CreateSignin {
  const origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  return CreateSignin.parse({
    provider: "test",
    settings: {
      recipe: "oauth",
      client: { tokenEndpoint: `${origin}/token`, clientId: "app", clientSecret: "s" },
      authorizationEndpoint: `${origin}/authorize`,
    },
  });
}

/** The newest one, as it is written down. */
const newest = async (): Promise<SigninRecord | undefined> =>
  (await signinStore.list(store, { limit: 1 })).records[0];

/** Its person signs in as soon as that is possible; settles when it is over, or when `isDead`. */
async function beItsPerson(code: string, isDead: () => boolean): Promise<void> {
  let hasAnswered = false;
  while (!isDead()) {
    const record = await newest();
    if (record && !isUnfinished(record.state) && record.isSessionOver) return;
    const state = new URL(record?.guide?.url ?? "http://none").searchParams.get("state");
    if (!hasAnswered && state !== null && host.signins.jobs.length > 0) {
      host.signins.answer({ code, state });
      hasAnswered = true;
    }
    await sleep(5);
  }
}

/** A controller that dies at its n-th statement; answers whether it did. */
async function dying(n: number, when: "before" | "after", code: string): Promise<boolean> {
  const death = { n, when, directory, database: files.controllerDatabase };
  const isDead = await untilItDies(death, async ({ signins }, isOver) => {
    const begun = await signins.service.create(request(), SYSTEM).then(
      () => true,
      () => false,
    );
    if (begun) await beItsPerson(code, isOver);
  });
  host.signins.hangUp();
  return isDead;
}

// Between them, after any number of statements: each costs a controller that dies and one that carries on.
test.each([
  ["before", 1],
  ["after", 1],
] as const)(
  "a controller that is killed %s a statement: completed, or cleanly failed, and nothing is left",
  async (when, first) => {
    const ends = new Map<string, number>();
    let points = 0;
    for (let n = first; ; n += 2) {
      const code = `${when} ${n}`;
      const before = (await newest())?.id;
      const connections = new Set(
        (await store.selectFrom("connection").select("id").execute()).map(({ id }) => id),
      );
      const isDead = await dying(n, when, code);
      const next = await SigninProcess.start(directory, store);
      const record = await newest();
      if (record && record.id !== before) {
        await beItsPerson(code, () => false);
        const end = await newest();
        const how = end?.reason?.code ?? end?.state ?? "nothing";
        ends.set(how, (ends.get(how) ?? 0) + 1);
        const made = (await store.selectFrom("connection").select("id").execute())
          .map(({ id }) => id)
          .filter((id) => !connections.has(id));
        expect(made, how).toEqual(end?.state === "completed" ? [end.connectionId] : []);
      }
      await expect.poll(() => [...host.vms.keys()], { timeout: 8000 }).toEqual([]);
      expect(await next.vault.audit.verify()).toMatchObject({ ok: true });
      await next[Symbol.asyncDispose]();
      if (!isDead) break;
      points += 1;
    }
    expect(points).toBeGreaterThanOrEqual(30);
    expect([...ends.keys()].sort()).toEqual(["SIGNIN_INTERRUPTED", "completed"]);
    expect(ends.get("completed")).toBeGreaterThan(ends.get("SIGNIN_INTERRUPTED") ?? 0);
  },
  120_000,
);
