import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";

let api: TestController;
let client: BrowserVM;
beforeEach(async () => {
  api = await TestController.start();
  client = api.admin;
  const { id } = await begin();
  await expect.poll(async () => (await client.sessions.get(id)).status).toBe("ready");
  await client.sessions.end(id);
});
afterEach(() => api[Symbol.asyncDispose]());

const begin = () => client.sessions.create({ profile: { name: "work", mode: "write" } });
const sessionOf = (id: string) => client.sessions.get(id);
const profile = async () => (await client.profiles.list()).data[0];

test("a session that was ended while its profile was loaded has lost nothing, and stays as it ended", async () => {
  const gate = Promise.withResolvers<void>();
  api.host.profiles.writeGate = gate.promise;
  const { id } = await begin();
  await expect.poll(() => api.host.profiles.received).toHaveLength(1);
  expect((await sessionOf(id)).profile?.state).toBe("loading");
  const before = { session: await client.sessions.end(id), profile: await profile() };
  expect(before).toMatchObject({ session: { profile: { state: "released" } }, profile: { version: 1 } });
  gate.resolve();
  await expect.poll(() => api.host.profiles.loaded).toHaveLength(1);
  await sleep(200); // for what must not come
  expect({ session: await sessionOf(id), profile: await profile() }).toEqual(before);
});

test("a profile whose file cannot be read fails its session, which is not tried again and again", async () => {
  const directory = paths(api.config).profiles;
  const [file = ""] = readdirSync(directory);
  rmSync(join(directory, file));
  mkdirSync(join(directory, file)); // opens like a file, and reads as EISDIR
  const { id } = await begin();
  await expect.poll(async () => (await sessionOf(id)).status).toBe("failed");
  const { reason } = await sessionOf(id);
  expect(reason).toMatchObject({ code: "PROFILE_LOAD_FAILED", message: expect.stringContaining("EISDIR") });
  expect(await profile()).toMatchObject({ version: 1, writer: null, failure: null });
});
