import { randomBytes } from "node:crypto";
import { copyFileSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProfileFixture, type ProfileMode, refusal } from "../testing/profile-fixture.ts";

const f = new ProfileFixture();
beforeEach(() => f.start());
afterEach(() => f[Symbol.asyncDispose]());

describe("a save that fails", () => {
  const broken: ReadonlyArray<[string, () => void]> = [
    ["the guest refuses", () => (f.api.host.profiles.refuseRead = "GUEST_CALL_FAILED")],
    ["the stream breaks off", () => (f.api.host.profiles.breaksRead = true)],
  ];
  test.each(broken)(
    "because %s leaves the version before, ends the session all the same, and is told",
    async (_, spoil) => {
      await f.saved("work");
      const [file] = f.stored();
      const { id, vmId } = await f.ready("work");
      f.api.host.profiles.profiles.set(vmId, randomBytes(1_000_000));
      spoil();
      await f.client.sessions.end(id);
      const { status, profile: shown } = await f.client.sessions.get(id);
      expect([status, shown?.state, shown?.reason?.code]).toEqual(["ended", "failed", "PROFILE_SAVE_FAILED"]);
      expect(await f.profile("work")).toMatchObject({ version: 1, writer: null, failure: { sessionId: id } });
      expect(f.stored()).toEqual([file]);
      expect((await f.eventsOf(id)).at(-1)).toMatchObject({ step: "save", status: "failed" });
      expect(await f.audited()).toContain("profile.save_failed");
    },
  );

  test("because it is too large says so, and the next good one clears that", async () => {
    await f.api.restartController({ profiles: { count: 9, mib: 1, seconds: 30 } });
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, randomBytes(1_048_577));
    expect(await refusal(f.client.profiles.save(id))).toBe("PROFILE_TOO_LARGE");
    expect((await f.profile("work")).failure).toMatchObject({ code: "PROFILE_TOO_LARGE" });
    f.api.host.profiles.refuseRead = "FILE_TOO_LARGE";
    expect(await refusal(f.client.profiles.save(id))).toBe("PROFILE_TOO_LARGE");
    f.api.host.profiles.refuseRead = undefined;
    f.api.host.profiles.profiles.set(vmId, randomBytes(1_048_576));
    expect(await f.client.profiles.save(id)).toMatchObject({ version: 1, failure: null });
    expect(f.stored()).toHaveLength(1);
  });

  test("because hostd is away keeps the session ending, and is done when hostd is back", async () => {
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("kept"));
    await f.api.host.stop();
    expect(await refusal(f.client.sessions.end(id))).toBe("HOST_UNREACHABLE");
    expect(await f.statusOf(id)).toBe("ending");
    // However often that is tried, nothing has failed.
    expect(await refusal(f.client.sessions.end(id))).toBe("HOST_UNREACHABLE");
    expect((await f.client.sessions.get(id)).profile).toMatchObject({ state: "saving", reason: null });
    await f.api.host.start();
    await expect.poll(() => f.statusOf(id), { timeout: 15_000 }).toBe("ended");
    expect(await f.profile("work")).toMatchObject({ version: 1, failure: null });
    expect(await f.audited()).not.toContain("profile.save_failed");
    const steps = (await f.eventsOf(id)) as { step: string; status: string }[];
    expect(steps.filter(({ step }) => step === "save").map(({ status }) => status)).toEqual([
      "running",
      "done",
    ]);
  });

  test.each<[string, "GUEST_CALL_FAILED" | undefined]>([
    ["", undefined],
    [" after a save that failed", "GUEST_CALL_FAILED"],
  ])(
    "at the end%s, of which nothing can be written down, keeps the session ending until it can be",
    async (_, refused) => {
      const { id, vmId } = await f.ready("work");
      f.api.host.profiles.profiles.set(vmId, Buffer.from("kept"));
      f.api.host.profiles.refuseRead = refused;
      if (refused) expect(await refusal(f.client.profiles.save(id))).toBe("PROFILE_SAVE_FAILED");
      f.api.host.profiles.refuseRead = undefined;
      await f.api.withStore((store) =>
        sql`create trigger full before insert on event when new.type = 'session.profile'
          begin select raise(abort, 'the disk is full'); end`.execute(store),
      );
      for (const _time of [1, 2]) {
        expect(await refusal(f.client.sessions.end(id))).toBe("INTERNAL");
        expect([await f.statusOf(id), f.api.host.vms.has(vmId)]).toEqual(["ending", true]);
      }
      await f.api.withStore((store) => sql`drop trigger full`.execute(store));
      await f.client.sessions.end(id);
      expect(await f.statusOf(id)).toBe("ended");
      expect(await f.profile("work")).toMatchObject({ version: 1, failure: null });
    },
  );

  test("because the controller died in the middle is done by the next one, and its draft is swept", async () => {
    await f.saved("work");
    const { id, vmId } = await f.ready("work");
    f.api.host.profiles.profiles.set(vmId, Buffer.from("the second"));
    const gate = Promise.withResolvers<void>();
    f.api.host.profiles.gate = gate.promise;
    const ending = f.client.sessions.end(id).catch(() => {});
    await expect.poll(async () => (await f.client.sessions.get(id)).profile?.state).toBe("saving");
    await f.api.stopController();
    await ending;
    // What a kill between the rename and the row, or in the middle of a write, would leave.
    const [file = ""] = f.stored();
    const left = [
      `${file.slice(0, 25)}${crypto.randomUUID()}`,
      `${file.slice(0, 25)}${crypto.randomUUID()}.tmp`,
    ];
    const fresh = `${file.slice(0, 25)}${crypto.randomUUID()}.tmp`;
    for (const name of [...left, fresh]) copyFileSync(join(f.directory, file), join(f.directory, name));
    for (const name of [...left, file]) utimesSync(join(f.directory, name), 1, 1);
    gate.resolve();
    await f.api.startController();
    await expect.poll(() => f.statusOf(id), { timeout: 15_000 }).toBe("ended");
    expect((await f.profile("work")).version).toBe(2);
    await expect.poll(f.stored).toHaveLength(2);
    expect(f.stored()).toContain(fresh);
    const next = await f.ready("work");
    expect(f.api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("the second");
  });
});

describe("a load that fails", () => {
  /** The session that wants the profile, failed, and why. */
  async function failing(mode: ProfileMode = "write") {
    const { id } = await f.begin("work", mode);
    await f.until(id, "failed");
    const { reason, vm } = await f.client.sessions.get(id);
    return { id, code: reason?.code, vmId: vm?.id ?? "" };
  }

  const spoilt: ReadonlyArray<[string, (file: string) => void]> = [
    ["is cut off", (file) => truncateSync(file, statSync(file).size - 1)],
    [
      "is another's",
      (file) => copyFileSync(join(f.directory, f.stored().find((name) => !file.endsWith(name)) ?? ""), file),
    ],
    [
      "has a bit flipped",
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
    ],
    ["is empty", (file) => truncateSync(file, 0)],
  ];
  test.each(spoilt)(
    "because its file %s: the session fails cleanly, and frees the profile",
    async (_, spoil) => {
      await f.saved("other");
      await f.saved("work", randomBytes(600_000));
      const file = await f.api.withStore((store) =>
        store.selectFrom("profile").select("file").where("name", "=", "work").executeTakeFirstOrThrow(),
      );
      spoil(join(f.directory, file.file ?? ""));
      const { code, vmId } = await failing();
      expect(code).toBe("PROFILE_DAMAGED");
      await expect.poll(() => f.api.host.vms.has(vmId)).toBe(false);
      expect(f.api.host.profiles.loaded).not.toContain(vmId);
      expect(await f.profile("work")).toMatchObject({ version: 1, writer: null });
    },
  );

  test("because its row is an older one, or another's", async () => {
    await f.saved("other");
    await f.saved("work");
    const rows = await f.api.withStore((store) =>
      store.selectFrom("profile").selectAll().orderBy("name").execute(),
    );
    const [other, work] = rows;
    await f.saved("work");
    // The older key with the newer file; then the file and key of another profile.
    const keys = [
      { wrapped_key: work?.wrapped_key ?? null },
      { file: other?.file ?? null, wrapped_key: other?.wrapped_key ?? null, bytes: other?.bytes ?? 0 },
    ];
    for (const set of keys) {
      await f.api.withStore((store) =>
        store.updateTable("profile").set(set).where("name", "=", "work").execute(),
      );
      expect((await failing("read")).code).toBe("PROFILE_DAMAGED");
    }
  });

  test("because the guest refuses it says so, and its VM goes", async () => {
    await f.saved("work");
    f.api.host.profiles.refuseWrite = "GUEST_DISK_FULL";
    const { id, code, vmId } = await failing();
    expect(code).toBe("PROFILE_LOAD_FAILED");
    expect((await f.client.sessions.get(id)).reason?.message).toContain("GUEST_DISK_FULL");
    await expect.poll(() => f.api.host.vms.has(vmId)).toBe(false);
    expect((await f.eventsOf(id)).at(-1)).toMatchObject({ step: "load", status: "failed" });
    expect((await f.profile("work")).failure).toBeNull();
  });

  test("never becomes an empty profile: what was not loaded is not saved", async () => {
    await f.saved("work");
    const gate = Promise.withResolvers<void>();
    f.api.host.profiles.writeGate = gate.promise;
    const { id } = await f.begin("work");
    await expect.poll(async () => (await f.client.sessions.get(id)).profile?.state).toBe("loading");
    const before = f.api.host.profiles.saved.length;
    await f.client.sessions.end(id);
    gate.resolve();
    expect(f.api.host.profiles.saved).toHaveLength(before);
    expect(await f.profile("work")).toMatchObject({ version: 1, writer: null, failure: null });
  });

  test("because hostd was away is tried again", async () => {
    await f.saved("work");
    f.api.host.profiles.refuseWrite = "RATE_LIMITED";
    const { id } = await f.begin("work");
    await expect.poll(async () => (await f.client.sessions.get(id)).profile?.state).toBe("loading");
    f.api.host.profiles.refuseWrite = undefined;
    f.api.host.emit((await f.client.sessions.get(id)).vm?.id ?? "", "vm.health", {});
    await expect.poll(() => f.statusOf(id), { timeout: 15_000 }).toBe("ready");
  });
});
