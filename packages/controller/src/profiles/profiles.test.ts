import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { paths } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";

let api: TestController;
let client: BrowserVM;
beforeEach(async () => {
  api = await TestController.start();
  client = api.admin;
});
afterEach(() => api[Symbol.asyncDispose]());

const directory = () => paths(api.config).profiles;
const stored = () => (existsSync(directory()) ? readdirSync(directory()).sort() : []);
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => String(error.code),
  );

type Mode = "read" | "write";
const begin = (name: string, mode: Mode = "write") => client.sessions.create({ profile: { name, mode } });
const statusOf = async (id: string) => (await client.sessions.get(id)).status;
const until = (id: string, status: string) => expect.poll(() => statusOf(id)).toBe(status);

/** A session that is ready with its profile, and the VM of it. */
async function ready(name: string, mode: Mode = "write") {
  const { id } = await begin(name, mode);
  await until(id, "ready");
  const vmId = (await client.sessions.get(id)).vm?.id ?? "";
  return { id, vmId };
}

/** A profile of that content, saved by a session that has ended. */
async function saved(name: string, content: Buffer | string = `the state of ${name}`) {
  const { id, vmId } = await ready(name);
  api.host.profiles.profiles.set(vmId, Buffer.from(content));
  await client.sessions.end(id);
  return profile(name);
}

async function profile(name: string) {
  const found = (await client.profiles.list()).data.find((one) => one.name === name);
  if (!found) throw new Error(`there is no profile ${name}`);
  return found;
}

const eventsOf = async (id: string) =>
  api.withStore(async (store) =>
    (
      await store
        .selectFrom("event")
        .selectAll()
        .where("subject", "=", id)
        .where("type", "=", "session.profile")
        .execute()
    ).map(({ data_json }) => JSON.parse(data_json)),
  );
const audited = async () => (await client.audit.list()).data.map(({ action }) => action);

describe("a profile", () => {
  test("goes from a session that has ended into the next one, byte for byte", async () => {
    const content = randomBytes(3_000_000);
    const { version, bytes, writer, savedFrom, failure } = await saved("work", content);
    expect({ version, bytes, writer, failure }).toEqual({
      version: 1,
      bytes: content.length,
      writer: null,
      failure: null,
    });
    expect(savedFrom).toMatch(/^ses_/);
    const next = await ready("work");
    expect(api.host.profiles.profiles.get(next.vmId)?.equals(content)).toBe(true);
    expect((await client.sessions.get(next.id)).profile).toMatchObject({
      state: "loaded",
      version: 1,
      mode: "write",
    });
    expect(await eventsOf(next.id)).toMatchObject([
      { step: "load", status: "running" },
      { step: "load", status: "done", bytes: content.length, version: 1 },
    ]);
    expect(await audited()).toEqual(
      expect.arrayContaining(["profile.created", "profile.used", "profile.saved"]),
    );
  });

  test("is there before the session's page is opened, and the session is not ready before", async () => {
    await saved("work");
    const gate = Promise.withResolvers<void>();
    api.host.profiles.writeGate = gate.promise;
    const session = await client.sessions.create({
      url: "https://a.example/",
      profile: { name: "work", mode: "read" },
    });
    await expect.poll(async () => (await client.sessions.get(session.id)).profile?.state).toBe("loading");
    expect([await statusOf(session.id), api.host.navigated]).toEqual(["pending", []]);
    gate.resolve();
    await until(session.id, "ready");
    expect(api.host.navigated).toEqual(["https://a.example/"]);
  });

  test("lies on the disk as nothing that can be read, and only its last version", async () => {
    await saved("work", "a planted cookie ".repeat(5000));
    await saved("work", "a planted cookie, later ".repeat(5000));
    expect(stored()).toHaveLength(1);
    const file = join(directory(), stored()[0] ?? "");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await profile("work")).version).toBe(2);
    const everything = Buffer.concat([api.databaseBytes(), readFileSync(file), Buffer.from(api.logged)]);
    expect(everything.includes("planted")).toBe(false);
  });

  test("is saved on demand, as the session's own or as a new one, and the session goes on", async () => {
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("so far"));
    expect(await client.profiles.save(id)).toMatchObject({
      name: "work",
      version: 1,
      writer: { sessionId: id },
    });
    expect(await client.profiles.save(id, { saveAs: "copy" })).toMatchObject({
      name: "copy",
      version: 1,
      writer: null,
    });
    expect(await refusal(client.profiles.save(id, { saveAs: "copy" }))).toBe("PROFILE_EXISTS");
    expect((await client.sessions.get(id)).profile).toMatchObject({ state: "loaded", version: 1 });
    const plain = await client.sessions.create({});
    await until(plain.id, "ready");
    expect(await refusal(client.profiles.save(plain.id))).toBe("PROFILE_NOT_HELD");
    expect(await client.profiles.save(plain.id, { saveAs: "other" })).toMatchObject({
      name: "other",
      version: 1,
    });
  });

  test("is renamed, and deleted when nobody writes it; its file goes with it", async () => {
    const { id } = await saved("work");
    await saved("other");
    expect(await refusal(client.profiles.rename(id, "other"))).toBe("PROFILE_EXISTS");
    expect((await client.profiles.rename(id, "office")).name).toBe("office");
    const { id: session } = await ready("office");
    expect(await refusal(client.profiles.remove(id))).toBe("PROFILE_IN_USE");
    await client.sessions.end(session);
    await client.profiles.remove(id);
    expect([await refusal(client.profiles.get(id)), stored().length]).toEqual(["PROFILE_NOT_FOUND", 1]);
  });

  test("that would be one too many, or is only to be read and is not there, is refused, and nothing is left", async () => {
    await api.restartController({ profiles: { count: 1, mib: 1, seconds: 30 } });
    await saved("work");
    expect(await refusal(begin("more"))).toBe("PROFILE_LIMIT");
    expect(await refusal(begin("none", "read"))).toBe("PROFILE_NOT_FOUND");
    const { id } = await ready("work");
    expect(await refusal(client.profiles.save(id, { saveAs: "more" }))).toBe("PROFILE_LIMIT");
    expect((await client.sessions.list()).data.filter(({ status }) => status !== "ended")).toHaveLength(1);
  });
});

describe("who writes", () => {
  test("is one session: another is refused with its id, readers are not", async () => {
    await saved("work");
    const { id } = await ready("work");
    await expect(begin("work")).rejects.toMatchObject({ code: "PROFILE_IN_USE", details: { sessionId: id } });
    const reader = await ready("work", "read");
    expect(api.host.profiles.profiles.get(reader.vmId)?.toString()).toBe("the state of work");
    await client.sessions.end(reader.id);
    expect((await profile("work")).version).toBe(1);
    await client.sessions.end(id);
    expect((await profile("work")).version).toBe(2);
    await ready("work");
  });

  test("is one session, also when twenty begin at once", async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => refusal(begin("work"))));
    expect(codes.filter((code) => code === "done")).toHaveLength(1);
    expect(codes.filter((code) => code === "PROFILE_IN_USE")).toHaveLength(19);
  });

  test("is nobody when hostd refuses its VM, and a profile that was made for it is gone", async () => {
    api.host.refuseCreate = "SLOTS_EXHAUSTED";
    expect(await refusal(begin("work"))).toBe("SLOTS_EXHAUSTED");
    expect((await client.profiles.list()).data).toEqual([]);
    api.host.refuseCreate = undefined;
    await ready("work");
  });

  test("is nobody when its VM has failed: the last saved version stays, and the loss is told", async () => {
    await saved("work");
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("never saved"));
    api.host.tell(vmId, "failed", { code: "VMM_DIED", message: "it was killed", fix: "" });
    await until(id, "failed");
    const { version, writer, failure } = await profile("work");
    expect({ version, writer, code: failure?.code }).toEqual({
      version: 1,
      writer: null,
      code: "PROFILE_SAVE_FAILED",
    });
    expect((await client.sessions.get(id)).profile).toMatchObject({ state: "failed", version: 1 });
    expect(await audited()).toContain("profile.save_failed");
    const next = await ready("work");
    expect(api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("the state of work");
  });

  test("that saves while another controller has saved meanwhile keeps the other's version", async () => {
    await saved("work");
    const { id, vmId } = await ready("work");
    const gate = Promise.withResolvers<void>();
    api.host.profiles.gate = gate.promise;
    api.host.profiles.profiles.set(vmId, Buffer.from("too late"));
    const saving = refusal(client.profiles.save(id));
    await expect.poll(async () => (await client.sessions.get(id)).profile?.state).toBe("saving");
    await api.withStore((store) => store.updateTable("profile").set({ version: 7 }).execute());
    gate.resolve();
    expect(await saving).toBe("PROFILE_NOT_HELD");
    expect([(await profile("work")).version, stored().length]).toEqual([7, 1]);
  });
});

describe("a save that fails", () => {
  const broken: ReadonlyArray<[string, () => void]> = [
    ["the guest refuses", () => (api.host.profiles.refuseRead = "GUEST_CALL_FAILED")],
    ["the stream breaks off", () => (api.host.profiles.breaksRead = true)],
  ];
  test.each(broken)(
    "because %s leaves the version before, ends the session all the same, and is told",
    async (_, spoil) => {
      await saved("work");
      const [file] = stored();
      const { id, vmId } = await ready("work");
      api.host.profiles.profiles.set(vmId, randomBytes(1_000_000));
      spoil();
      await client.sessions.end(id);
      const { status, profile: shown } = await client.sessions.get(id);
      expect([status, shown?.state, shown?.reason?.code]).toEqual(["ended", "failed", "PROFILE_SAVE_FAILED"]);
      expect(await profile("work")).toMatchObject({ version: 1, writer: null, failure: { sessionId: id } });
      expect(stored()).toEqual([file]);
      expect((await eventsOf(id)).at(-1)).toMatchObject({ step: "save", status: "failed" });
      expect(await audited()).toContain("profile.save_failed");
    },
  );

  test("because it is too large says so, and the next good one clears that", async () => {
    await api.restartController({ profiles: { count: 9, mib: 1, seconds: 30 } });
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, randomBytes(1_048_577));
    expect(await refusal(client.profiles.save(id))).toBe("PROFILE_TOO_LARGE");
    expect((await profile("work")).failure).toMatchObject({ code: "PROFILE_TOO_LARGE" });
    api.host.profiles.refuseRead = "FILE_TOO_LARGE";
    expect(await refusal(client.profiles.save(id))).toBe("PROFILE_TOO_LARGE");
    api.host.profiles.refuseRead = undefined;
    api.host.profiles.profiles.set(vmId, randomBytes(1_048_576));
    expect(await client.profiles.save(id)).toMatchObject({ version: 1, failure: null });
    expect(stored()).toHaveLength(1);
  });

  test("because hostd is away keeps the session ending, and is done when hostd is back", async () => {
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("kept"));
    await api.host.stop();
    expect(await refusal(client.sessions.end(id))).toBe("HOST_UNREACHABLE");
    expect(await statusOf(id)).toBe("ending");
    await api.host.start();
    await expect.poll(() => statusOf(id), { timeout: 15_000 }).toBe("ended");
    expect((await profile("work")).version).toBe(1);
  });

  test("because the controller died in the middle is done by the next one, and its draft is swept", async () => {
    await saved("work");
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("the second"));
    const gate = Promise.withResolvers<void>();
    api.host.profiles.gate = gate.promise;
    const ending = client.sessions.end(id).catch(() => {});
    await expect.poll(async () => (await client.sessions.get(id)).profile?.state).toBe("saving");
    await api.stopController();
    await ending;
    // What a kill between the rename and the row, or in the middle of a write, would leave.
    const [file = ""] = stored();
    const left = [
      `${file.slice(0, 25)}${crypto.randomUUID()}`,
      `${file.slice(0, 25)}${crypto.randomUUID()}.tmp`,
    ];
    const fresh = `${file.slice(0, 25)}${crypto.randomUUID()}.tmp`;
    for (const name of [...left, fresh]) copyFileSync(join(directory(), file), join(directory(), name));
    for (const name of [...left, file]) utimesSync(join(directory(), name), 1, 1);
    gate.resolve();
    await api.startController();
    await expect.poll(() => statusOf(id), { timeout: 15_000 }).toBe("ended");
    expect((await profile("work")).version).toBe(2);
    await expect.poll(stored).toHaveLength(2);
    expect(stored()).toContain(fresh);
    const next = await ready("work");
    expect(api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("the second");
  });
});

describe("a load that fails", () => {
  /** The session that wants the profile, failed, and why. */
  async function failing(mode: Mode = "write") {
    const { id } = await begin("work", mode);
    await until(id, "failed");
    const { reason, vm } = await client.sessions.get(id);
    return { id, code: reason?.code, vmId: vm?.id ?? "" };
  }

  const spoilt: ReadonlyArray<[string, (file: string) => void]> = [
    ["is cut off", (file) => truncateSync(file, statSync(file).size - 1)],
    [
      "is another's",
      (file) => copyFileSync(join(directory(), stored().find((name) => !file.endsWith(name)) ?? ""), file),
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
      await saved("other");
      await saved("work", randomBytes(600_000));
      const file = await api.withStore((store) =>
        store.selectFrom("profile").select("file").where("name", "=", "work").executeTakeFirstOrThrow(),
      );
      spoil(join(directory(), file.file ?? ""));
      const { code, vmId } = await failing();
      expect(code).toBe("PROFILE_DAMAGED");
      await expect.poll(() => api.host.vms.has(vmId)).toBe(false);
      expect(api.host.profiles.loaded).not.toContain(vmId);
      expect(await profile("work")).toMatchObject({ version: 1, writer: null });
    },
  );

  test("because its row is an older one, or another's", async () => {
    await saved("other");
    await saved("work");
    const rows = await api.withStore((store) =>
      store.selectFrom("profile").selectAll().orderBy("name").execute(),
    );
    const [other, work] = rows;
    await saved("work");
    // The older key with the newer file; then the file and key of another profile.
    const keys = [
      { wrapped_key: work?.wrapped_key ?? null },
      { file: other?.file ?? null, wrapped_key: other?.wrapped_key ?? null, bytes: other?.bytes ?? 0 },
    ];
    for (const set of keys) {
      await api.withStore((store) =>
        store.updateTable("profile").set(set).where("name", "=", "work").execute(),
      );
      expect((await failing("read")).code).toBe("PROFILE_DAMAGED");
    }
  });

  test("because the guest refuses it says so, and its VM goes", async () => {
    await saved("work");
    api.host.profiles.refuseWrite = "GUEST_DISK_FULL";
    const { id, code, vmId } = await failing();
    expect(code).toBe("PROFILE_LOAD_FAILED");
    expect((await client.sessions.get(id)).reason?.message).toContain("GUEST_DISK_FULL");
    await expect.poll(() => api.host.vms.has(vmId)).toBe(false);
    expect((await eventsOf(id)).at(-1)).toMatchObject({ step: "load", status: "failed" });
    expect((await profile("work")).failure).toBeNull();
  });

  test("never becomes an empty profile: what was not loaded is not saved", async () => {
    await saved("work");
    const gate = Promise.withResolvers<void>();
    api.host.profiles.writeGate = gate.promise;
    const { id } = await begin("work");
    await expect.poll(async () => (await client.sessions.get(id)).profile?.state).toBe("loading");
    const before = api.host.profiles.saved.length;
    await client.sessions.end(id);
    gate.resolve();
    expect(api.host.profiles.saved).toHaveLength(before);
    expect(await profile("work")).toMatchObject({ version: 1, writer: null, failure: null });
  });

  test("because hostd was away is tried again", async () => {
    await saved("work");
    api.host.profiles.refuseWrite = "RATE_LIMITED";
    const { id } = await begin("work");
    await expect.poll(async () => (await client.sessions.get(id)).profile?.state).toBe("loading");
    api.host.profiles.refuseWrite = undefined;
    api.host.emit((await client.sessions.get(id)).vm?.id ?? "", "vm.health", {});
    await expect.poll(() => statusOf(id), { timeout: 15_000 }).toBe("ready");
  });
});

describe("sessions that", () => {
  test("fork from a writer have the profile to read, and save nothing", async () => {
    await saved("work");
    const { id } = await ready("work");
    const fork = await client.sessions.fork(id);
    await until(fork.id, "ready");
    expect((await client.sessions.get(fork.id)).profile).toMatchObject({
      mode: "read",
      state: "loaded",
      name: "work",
    });
    const before = api.host.profiles.saved.length;
    await client.sessions.end(fork.id);
    expect(api.host.profiles.saved).toHaveLength(before);
    expect((await profile("work")).writer).toMatchObject({ sessionId: id });
  });

  test("are paused keep the profile, and go on to save it when they end", async () => {
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("slept upon"));
    await client.sessions.pause(id);
    expect(await refusal(begin("work"))).toBe("PROFILE_IN_USE");
    await client.sessions.end(id);
    expect(await profile("work")).toMatchObject({ version: 1, writer: null, failure: null });
    const next = await ready("work");
    expect(api.host.profiles.profiles.get(next.vmId)?.toString()).toBe("slept upon");
  });

  test("get a VM of a pool load the profile after the claim", async () => {
    await saved("work");
    await client.pools.set("warm", { image: "browser", size: 1 });
    await expect.poll(async () => (await client.pools.get("warm")).ready, { timeout: 10_000 }).toBe(1);
    const { id, vmId } = await ready("work");
    expect((await client.sessions.get(id)).pool).toBe("warm");
    expect(api.host.profiles.profiles.get(vmId)?.toString()).toBe("the state of work");
  });

  test("end by a time-out save too", async () => {
    const { id, vmId } = await ready("work");
    api.host.profiles.profiles.set(vmId, Buffer.from("in time"));
    await api.expireSession(id);
    await expect.poll(() => statusOf(id), { timeout: 10_000 }).toBe("ended");
    expect((await profile("work")).version).toBe(1);
  });
});

describe("the vault's key", () => {
  test("is rotated for profiles too, and the old one is forgotten", async () => {
    await saved("one");
    await saved("two");
    await client.vault.rotate();
    await expect.poll(async () => (await client.vault.status()).waiting).toBe(0);
    await expect.poll(() => readFileSync(paths(api.config).vaultKey, "utf8")).toMatch(/^2:\S+\n$/);
    const { vmId } = await ready("one", "read");
    expect(api.host.profiles.profiles.get(vmId)?.toString()).toBe("the state of one");
  });

  test("that changes while a profile is being saved is the one that it is locked with", async () => {
    const { id } = await ready("work");
    const gate = Promise.withResolvers<void>();
    api.host.profiles.gate = gate.promise;
    const saving = client.profiles.save(id);
    await expect.poll(async () => (await client.sessions.get(id)).profile?.state).toBe("saving");
    await client.vault.rotate();
    gate.resolve();
    expect((await saving).version).toBe(1);
    const versions = await api.withStore((store) =>
      store.selectFrom("profile").select("key_version").execute(),
    );
    expect(versions).toEqual([{ key_version: 2 }]);
  });

  test("that is not there stops a session that wants a profile, and no other", async () => {
    await saved("work");
    await api.stopController();
    const key = readFileSync(paths(api.config).vaultKey);
    writeFileSync(paths(api.config).vaultKey, `1:${randomBytes(32).toString("base64")}\n`);
    await api.startController();
    const { id } = await begin("work");
    await until(id, "failed");
    expect((await client.sessions.get(id)).reason?.code).toBe("VAULT_KEY_WRONG");
    await until((await client.sessions.create({})).id, "ready");
    writeFileSync(paths(api.config).vaultKey, key);
  });
});

describe("keys of a project", () => {
  test("see and use profiles of their project only, and only what their scopes say", async () => {
    const own = await api.keyed({ project: "blue", scopes: ["sessions:write", "profiles:use"] });
    const { id } = await saved("work");
    expect((await own.profiles.list()).data).toEqual([]);
    expect(await refusal(own.profiles.get(id))).toBe("PROFILE_NOT_FOUND");
    expect(await refusal(own.sessions.create({ profile: { name: id, mode: "read" } }))).toBe(
      "PROFILE_NOT_FOUND",
    );
    expect(await refusal(own.sessions.create({ profile: { name: "mine" } }))).toBe("FORBIDDEN");
    const none = await api.keyed({ project: "blue", scopes: ["sessions:write"] });
    expect(await refusal(none.sessions.create({ profile: { name: "mine", mode: "read" } }))).toBe(
      "FORBIDDEN",
    );
    expect(await refusal(none.profiles.list())).toBe("FORBIDDEN");
    const writer = await api.keyed({ project: "blue", scopes: ["sessions:write", "profiles:write"] });
    await writer.sessions.create({ profile: { name: "work" } });
    expect((await writer.profiles.list()).data).toMatchObject([
      { name: "work", project: "blue", version: 0 },
    ]);
    expect((await client.profiles.list()).data).toHaveLength(2);
  });
});
