import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { paths } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProfileFixture, refusal } from "../testing/profile-fixture.ts";

const f = new ProfileFixture();
beforeEach(() => f.start());
afterEach(() => f[Symbol.asyncDispose]());

describe("sessions that", () => {
  test("fork from a writer have the profile to read, and save nothing", async () => {
    await f.saved("work");
    const { id } = await f.ready("work");
    const fork = await f.client.sessions.fork(id);
    await f.until(fork.id, "ready");
    expect((await f.client.sessions.get(fork.id)).profile).toMatchObject({
      mode: "read",
      state: "loaded",
      name: "work",
    });
    const before = f.api.host.profiles.saved.length;
    await f.client.sessions.end(fork.id);
    expect(f.api.host.profiles.saved).toHaveLength(before);
    expect((await f.profile("work")).writer).toMatchObject({ sessionId: id });
  });

  test("are paused keep the profile, and go on to save it when they end", async () => {
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("slept upon"));
    await f.client.sessions.pause(id);
    expect(await refusal(f.begin("work"))).toBe("PROFILE_IN_USE");
    await f.client.sessions.end(id);
    expect(await f.profile("work")).toMatchObject({ version: 1, writer: null, failure: null });
    const next = await f.ready("work");
    expect(f.api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("slept upon");
  });

  test("get a VM of a pool load the profile after the claim", async () => {
    await f.saved("work");
    await f.client.pools.set("warm", { image: "browser", size: 1 });
    await expect.poll(async () => (await f.client.pools.get("warm")).ready, { timeout: 10_000 }).toBe(1);
    const { id, vmId } = await f.ready("work");
    expect((await f.client.sessions.get(id)).pool).toBe("warm");
    expect(f.api.host.profiles.profiles.get(vmId)?.toString()).toBe("the state of work");
  });

  test("end by a time-out save too", async () => {
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("in time"));
    await f.api.expireSession(id);
    await expect.poll(() => f.statusOf(id), { timeout: 10_000 }).toBe("ended");
    expect((await f.profile("work")).version).toBe(1);
  });
});

describe("the vault's key", () => {
  test("is rotated for profiles too, and the old one is forgotten", async () => {
    await f.saved("one");
    await f.saved("two");
    await f.client.vault.rotate();
    await expect.poll(async () => (await f.client.vault.status()).waiting).toBe(0);
    await expect.poll(() => readFileSync(paths(f.api.config).vaultKey, "utf8")).toMatch(/^2:\S+\n$/);
    const { vmId } = await f.ready("one", "read");
    expect(f.api.host.profiles.profiles.get(vmId)?.toString()).toBe("the state of one");
  });

  test("that changes while a profile is being saved is the one that it is locked with", async () => {
    const { id } = await f.ready("work");
    const gate = Promise.withResolvers<void>();
    f.api.host.profiles.gate = gate.promise;
    const saving = f.client.profiles.save(id);
    await expect.poll(async () => (await f.client.sessions.get(id)).profile?.state).toBe("saving");
    await f.client.vault.rotate();
    gate.resolve();
    expect((await saving).version).toBe(1);
    const versions = await f.api.withStore((store) =>
      store.selectFrom("profile").select("key_version").execute(),
    );
    expect(versions).toEqual([{ key_version: 2 }]);
  });

  test("that is not there stops a session that wants a profile, and no other", async () => {
    await f.saved("work");
    await f.api.stopController();
    const key = readFileSync(paths(f.api.config).vaultKey);
    writeFileSync(paths(f.api.config).vaultKey, `1:${randomBytes(32).toString("base64")}\n`);
    await f.api.startController();
    const { id } = await f.begin("work");
    await f.until(id, "failed");
    expect((await f.client.sessions.get(id)).reason?.code).toBe("VAULT_KEY_WRONG");
    await f.until((await f.client.sessions.create({})).id, "ready");
    writeFileSync(paths(f.api.config).vaultKey, key);
  });
});

describe("keys of a project", () => {
  test("see and use profiles of their project only, and only what their scopes say", async () => {
    const own = await f.api.keyed({ project: "blue", scopes: ["sessions:write", "profiles:use"] });
    const { id } = await f.saved("work");
    expect((await own.profiles.list()).data).toEqual([]);
    expect(await refusal(own.profiles.get(id))).toBe("PROFILE_NOT_FOUND");
    expect(await refusal(own.sessions.create({ profile: { name: id, mode: "read" } }))).toBe(
      "PROFILE_NOT_FOUND",
    );
    expect(await refusal(own.sessions.create({ profile: { name: "mine" } }))).toBe("FORBIDDEN");
    const none = await f.api.keyed({ project: "blue", scopes: ["sessions:write"] });
    expect(await refusal(none.sessions.create({ profile: { name: "mine", mode: "read" } }))).toBe(
      "FORBIDDEN",
    );
    expect(await refusal(none.profiles.list())).toBe("FORBIDDEN");
    const writer = await f.api.keyed({ project: "blue", scopes: ["sessions:write", "profiles:write"] });
    await writer.sessions.create({ profile: { name: "work" } });
    expect((await writer.profiles.list()).data).toMatchObject([
      { name: "work", project: "blue", version: 0 },
    ]);
    expect((await f.client.profiles.list()).data).toHaveLength(2);
  });
});
