import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProfileFixture, refusal } from "../testing/profile-fixture.ts";

const f = new ProfileFixture();
beforeEach(() => f.start());
afterEach(() => f[Symbol.asyncDispose]());

describe("a profile", () => {
  test("goes from a session that has ended into the next one, byte for byte", async () => {
    const content = randomBytes(3_000_000);
    const { version, bytes, writer, savedFrom, failure } = await f.saved("work", content);
    expect({ version, bytes, writer, failure }).toEqual({
      version: 1,
      bytes: content.length,
      writer: null,
      failure: null,
    });
    expect(savedFrom).toMatch(/^ses_/);
    const next = await f.ready("work");
    expect(f.api.host.profiles.profiles.get(next.vmId)?.equals(content)).toBe(true);
    expect((await f.client.sessions.get(next.id)).profile).toMatchObject({
      state: "loaded",
      version: 1,
      mode: "write",
    });
    expect(await f.eventsOf(next.id)).toMatchObject([
      { step: "load", status: "running" },
      { step: "load", status: "done", bytes: content.length, version: 1 },
    ]);
    expect(await f.audited()).toEqual(
      expect.arrayContaining(["profile.created", "profile.used", "profile.saved"]),
    );
  });

  test("is there before the session's page is opened, and the session is not ready before", async () => {
    await f.saved("work");
    const gate = Promise.withResolvers<void>();
    f.api.host.profiles.writeGate = gate.promise;
    const session = await f.client.sessions.create({
      url: "https://a.example/",
      profile: { name: "work", mode: "read" },
    });
    await expect.poll(async () => (await f.client.sessions.get(session.id)).profile?.state).toBe("loading");
    expect([await f.statusOf(session.id), f.api.host.navigated]).toEqual(["pending", []]);
    gate.resolve();
    await f.until(session.id, "ready");
    expect(f.api.host.navigated).toEqual(["https://a.example/"]);
  });

  test("lies on the disk as nothing that can be read, and only its last version", async () => {
    await f.saved("work", "a planted cookie ".repeat(5000));
    await f.saved("work", "a planted cookie, later ".repeat(5000));
    expect(f.stored()).toHaveLength(1);
    const file = join(f.directory, f.stored()[0] ?? "");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await f.profile("work")).version).toBe(2);
    const everything = Buffer.concat([f.api.databaseBytes(), readFileSync(file), Buffer.from(f.api.logged)]);
    expect(everything.includes("planted")).toBe(false);
  });

  test("is saved on demand, as the session's own or as a new one, and the session goes on", async () => {
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("so far"));
    expect(await f.client.profiles.save(id)).toMatchObject({
      name: "work",
      version: 1,
      writer: { sessionId: id },
    });
    expect(await f.client.profiles.save(id, { saveAs: "copy" })).toMatchObject({
      name: "copy",
      version: 1,
      writer: null,
    });
    expect(await refusal(f.client.profiles.save(id, { saveAs: "copy" }))).toBe("PROFILE_EXISTS");
    expect((await f.client.sessions.get(id)).profile).toMatchObject({ state: "loaded", version: 1 });
    const plain = await f.client.sessions.create({});
    await f.until(plain.id, "ready");
    expect(await refusal(f.client.profiles.save(plain.id))).toBe("PROFILE_NOT_HELD");
    expect(await f.client.profiles.save(plain.id, { saveAs: "other" })).toMatchObject({
      name: "other",
      version: 1,
    });
  });

  test("is renamed, and deleted when nobody writes it; its file goes with it", async () => {
    const { id } = await f.saved("work");
    await f.saved("other");
    expect(await refusal(f.client.profiles.rename(id, "other"))).toBe("PROFILE_EXISTS");
    expect((await f.client.profiles.rename(id, "office")).name).toBe("office");
    const { id: session } = await f.ready("office");
    expect(await refusal(f.client.profiles.remove(id))).toBe("PROFILE_IN_USE");
    await f.client.sessions.end(session);
    await f.client.profiles.remove(id);
    expect([await refusal(f.client.profiles.get(id)), f.stored().length]).toEqual(["PROFILE_NOT_FOUND", 1]);
  });

  test("that would be one too many, or is only to be read and is not there, is refused, and nothing is left", async () => {
    await f.api.restartController({ profiles: { count: 1, mib: 1, seconds: 30 } });
    await f.saved("work");
    expect(await refusal(f.begin("more"))).toBe("PROFILE_LIMIT");
    expect(await refusal(f.begin("none", "read"))).toBe("PROFILE_NOT_FOUND");
    const { id } = await f.ready("work");
    expect(await refusal(f.client.profiles.save(id, { saveAs: "more" }))).toBe("PROFILE_LIMIT");
    expect((await f.client.sessions.list()).data.filter(({ status }) => status !== "ended")).toHaveLength(1);
  });
});

describe("who writes", () => {
  test("is one session: another is refused with its id, readers are not", async () => {
    await f.saved("work");
    const { id } = await f.ready("work");
    await expect(f.begin("work")).rejects.toMatchObject({
      code: "PROFILE_IN_USE",
      details: { sessionId: id },
    });
    const reader = await f.ready("work", "read");
    expect(f.api.host.profiles.profiles.get(reader.vmId)?.toString()).toBe("the state of work");
    await f.client.sessions.end(reader.id);
    expect((await f.profile("work")).version).toBe(1);
    await f.client.sessions.end(id);
    expect((await f.profile("work")).version).toBe(2);
    await f.ready("work");
  });

  test("is one session, also when twenty begin at once", async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => refusal(f.begin("work"))));
    expect(codes.filter((code) => code === "done")).toHaveLength(1);
    expect(codes.filter((code) => code === "PROFILE_IN_USE")).toHaveLength(19);
  });

  test("is nobody when hostd refuses its VM, and a profile that was made for it is gone", async () => {
    f.api.host.refuseCreate = "SLOTS_EXHAUSTED";
    expect(await refusal(f.begin("work"))).toBe("SLOTS_EXHAUSTED");
    expect((await f.client.profiles.list()).data).toEqual([]);
    f.api.host.refuseCreate = undefined;
    await f.ready("work");
  });

  test("is nobody when its VM has failed: the last saved version stays, and the loss is told", async () => {
    await f.saved("work");
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("never saved"));
    f.api.host.tell(vmId, "failed", { code: "VMM_DIED", message: "it was killed", fix: "" });
    await f.until(id, "failed");
    const { version, writer, failure } = await f.profile("work");
    expect({ version, writer, code: failure?.code }).toEqual({
      version: 1,
      writer: null,
      code: "PROFILE_SAVE_FAILED",
    });
    expect((await f.client.sessions.get(id)).profile).toMatchObject({ state: "failed", version: 1 });
    expect(await f.audited()).toContain("profile.save_failed");
    const next = await f.ready("work");
    expect(f.api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("the state of work");
  });

  test("that saves while another controller has saved meanwhile keeps the other's version", async () => {
    await f.saved("work");
    const { id, vmId } = await f.ready("work");
    const gate = Promise.withResolvers<void>();
    f.api.host.profiles.gate = gate.promise;
    f.api.host.profiles.profiles.set(vmId, Buffer.from("too late"));
    const saving = refusal(f.client.profiles.save(id));
    await expect.poll(async () => (await f.client.sessions.get(id)).profile?.state).toBe("saving");
    await f.api.withStore((store) => store.updateTable("profile").set({ version: 7 }).execute());
    gate.resolve();
    expect(await saving).toBe("PROFILE_NOT_HELD");
    expect([(await f.profile("work")).version, f.stored().length]).toEqual([7, 1]);
  });
});
