import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config, CreateSession, paths, type SessionId, VmId } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sessionStore } from "../sessions/session-store.ts";
import { openStore, type Store } from "../store/store.ts";
import { untilItDies } from "../testing/dying-controller.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { SigninProcess } from "../testing/signin-process.ts";
import { ProfileFiles } from "./profile-files.ts";
import { profileStore } from "./profile-store.ts";
import { ProfileTransfer, type TransferDeps } from "./profile-transfer.ts";

const directory = mkdtempSync(join(tmpdir(), "bvm-profiles-"));
const files = paths(Config.parse({ stateDir: directory, runDir: directory }));
const host = new FakeHost(files.hostSocket);
const NOBODY = VmId.parse(`vm_${"a".repeat(20)}`);
const SOON = { timeout: 9000, interval: 5 };
let store: Store;

beforeAll(async () => {
  store = await openStore(files.controllerDatabase);
  await host.start();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await store.destroy();
  rmSync(directory, { recursive: true, force: true });
});

const statusOf = async (id: SessionId) => (await sessionStore.get(store, id)).status;
const row = async () => {
  const found = await profileStore.named(store, "default", "work");
  if (!found) throw new Error("the profile is gone");
  return found;
};

/** A session that writes the profile and is ready; its browser has this. */
async function ready({ sessions }: SigninProcess, content: string): Promise<SessionId> {
  const { id } = await sessions.create(CreateSession.parse({ profile: { name: "work", mode: "write" } }));
  await expect.poll(() => statusOf(id), SOON).toBe("ready");
  host.profiles.profiles.set((await sessionStore.get(store, id)).vmId, Buffer.from(content));
  return id;
}

/** What the version that the row has is, opened as a session would. */
async function opened({ vault }: SigninProcess): Promise<string> {
  const { id, version } = await row();
  if (version === 0) return "";
  let content = "";
  const guest: TransferDeps["host"] = {
    readProfile: () => Promise.reject(new Error("nothing is saved here")),
    writeProfile: async (_vmId, { body }) => {
      content = await new Response(body).text();
      return { files: 1, bytes: content.length };
    },
  };
  const parts = { store, vault: vault.vault, files: new ProfileFiles(files.profiles), mostBytes: 1_000_000 };
  await new ProfileTransfer({ ...parts, host: guest }).load(NOBODY, id, AbortSignal.timeout(9000));
  return content;
}

/** A controller that dies at its n-th statement while the session ends; answers whether it did. */
const dying = (n: number, when: "before" | "after", id: SessionId): Promise<boolean> =>
  untilItDies({ n, when, directory, database: files.controllerDatabase }, ({ sessions }) =>
    sessions.end(id).catch(() => {}),
  );

// Between them, after any number of statements.
test.each([
  ["before", 1],
  ["after", 2],
] as const)(
  "a controller that is killed %s a statement: the version before or the next one, whole, and then the next one",
  { timeout: 120_000 },
  async (when, first) => {
    let next = await SigninProcess.start(directory, store);
    const seen = new Set<string>();
    let points = 0;
    for (let n = first; ; n += 2) {
      const content = `${when} ${n}`;
      const id = await ready(next, content);
      const before = { content: await opened(next), version: (await row()).version };
      await next[Symbol.asyncDispose]();
      const isDead = await dying(n, when, id);
      const { version } = await row();
      next = await SigninProcess.start(directory, store);
      const left = await opened(next);
      expect([before.content, content]).toContain(left);
      seen.add(version === before.version ? "the version before" : "the next one");
      // One that died before it was asked to end it is asked again; else the next one goes on by itself.
      if ((await statusOf(id)) === "ready") await next.sessions.end(id);
      await expect.poll(() => statusOf(id), SOON).toBe("ended");
      const { writer, failure_json, ...after } = await row();
      expect({ writer, failure_json, version: after.version }).toEqual({
        writer: null,
        failure_json: null,
        version: before.version + 1,
      });
      expect(await opened(next)).toBe(content);
      if (!isDead) break;
      points += 1;
    }
    await next[Symbol.asyncDispose]();
    expect(points).toBeGreaterThanOrEqual(10);
    expect([...seen].sort()).toEqual(["the next one", "the version before"]);
  },
);
