import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { filesRequest, VaultFixture } from "../testing/vault-fixture.ts";
import { Secret } from "./secret.ts";
import { takeVaultKey } from "./take-vault-key.ts";

let fixture: VaultFixture;
beforeEach(() => {
  fixture = new VaultFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const newKey = () => randomBytes(32).toString("base64");
const secretOf = (text: string) => new Secret(Buffer.from(text));

/** Makes a connection, and closes the vault again. */
async function made(): Promise<string> {
  const { parts, close } = await fixture.open();
  const { id } = await parts.connections.create(filesRequest(), SYSTEM);
  await close();
  return id;
}

/** What injecting that connection says: the files' number, or the code of the refusal. */
async function reading(id: string, { parts }: Awaited<ReturnType<VaultFixture["open"]>>): Promise<string> {
  const put = async () => {};
  const putState = () => Promise.reject(new Error("it has files"));
  const options = { sessionId: "ses_aaaaaaaaaaaaaaaaaaaa" as never, by: SYSTEM, put, putState };
  return parts.connections.inject(id as never, options).then(
    ({ paths }) => String(paths.length),
    (error: { code?: string }) => String(error.code),
  );
}

describe("a master key in a file", () => {
  test("is made when there is none, for its owner only, and found again", async () => {
    const id = await made();
    expect(statSync(fixture.keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(fixture.keyFile, "utf8")).toMatch(/^1:[A-Za-z0-9+/]{43}=\n$/);
    const again = await fixture.open();
    expect(await reading(id, again)).toBe("1");
    expect(await again.parts.status()).toMatchObject({ state: "open", keyVersion: 1, keyFrom: "file" });
  });

  test("that is missing is not made anew: the vault is locked, and connections are listed and deleted", async () => {
    const id = await made();
    rmSync(fixture.keyFile);
    const opened = await fixture.open();
    expect(existsSync(fixture.keyFile)).toBe(false);
    expect(await opened.parts.status()).toMatchObject({ state: "locked" });
    expect(await reading(id, opened)).toBe("VAULT_LOCKED");
    const { connections } = opened.parts;
    await expect(connections.create(filesRequest(), SYSTEM)).rejects.toMatchObject({ code: "VAULT_LOCKED" });
    expect((await connections.list({ limit: 10 })).data).toHaveLength(1);
    await connections.remove(id as never, SYSTEM);
    expect((await connections.list({ limit: 10 })).data).toHaveLength(0);
    expect(fixture.logged).toContain("the vault stays shut");
  });

  test("that is away when a rotation wants it stops the rotation, and the open vault goes on", async () => {
    const id = await made();
    const opened = await fixture.open();
    const aside = `${fixture.keyFile}.aside`;
    copyFileSync(fixture.keyFile, aside);
    chmodSync(aside, 0o600);
    rmSync(fixture.keyFile);
    await expect(opened.parts.rotation.begin(SYSTEM)).rejects.toMatchObject({ code: "VAULT_LOCKED" });
    expect(await opened.parts.status()).toMatchObject({ state: "open", keyVersion: 1 });
    expect(await reading(id, opened)).toBe("1");
    copyFileSync(aside, fixture.keyFile);
    await opened.parts.rotation.begin(SYSTEM);
    await opened.parts.rotation.settled();
    expect(await reading(id, opened)).toBe("1");
    expect(await opened.parts.status()).toMatchObject({ state: "open", keyVersion: 2 });
  });

  test("that is another one is told as wrong", async () => {
    const id = await made();
    writeFileSync(fixture.keyFile, `1:${newKey()}\n`);
    const opened = await fixture.open();
    expect(await opened.parts.status()).toMatchObject({ state: "wrong_key" });
    expect(await reading(id, opened)).toBe("VAULT_KEY_WRONG");
  });

  const spoilt: ReadonlyArray<[string, (path: string) => void]> = [
    ["others may read", (path) => chmodSync(path, 0o640)],
    ["is garbage", (path) => writeFileSync(path, "garbage")],
    ["is empty", (path) => writeFileSync(path, "")],
    ["is too short", (path) => writeFileSync(path, `1:${randomBytes(16).toString("base64")}`)],
    ["has a version twice", (path) => writeFileSync(path, `1:${newKey()}\n1:${newKey()}`)],
    [
      "is a link",
      (path) => {
        copyFileSync(path, `${path}.real`);
        rmSync(path);
        symlinkSync(`${path}.real`, path);
      },
    ],
    [
      "is a directory",
      (path) => {
        rmSync(path);
        mkdirSync(path, { mode: 0o700 });
      },
    ],
  ];
  test.each(spoilt)("that %s is refused", async (_, spoil) => {
    const id = await made();
    spoil(fixture.keyFile);
    const opened = await fixture.open();
    expect(await opened.parts.status()).toMatchObject({ state: "unusable_key" });
    expect(await reading(id, opened)).toBe("VAULT_KEY_UNUSABLE");
  });

  test("does not open a copy of the database without it", async () => {
    const id = await made();
    const thief = new VaultFixture();
    mkdirSync(dirname(thief.database), { recursive: true });
    copyFileSync(fixture.database, thief.database);
    expect(await reading(id, await thief.open())).toBe("VAULT_LOCKED");
    await thief[Symbol.asyncDispose]();
    const guesser = new VaultFixture();
    mkdirSync(dirname(guesser.database), { recursive: true });
    copyFileSync(fixture.database, guesser.database);
    writeFileSync(guesser.keyFile, `1:${newKey()}\n`, { mode: 0o600 });
    expect(await reading(id, await guesser.open())).toBe("VAULT_KEY_WRONG");
    await guesser[Symbol.asyncDispose]();
  });
});

describe("a rotation", () => {
  test("gives every connection a new key, and forgets the old one", async () => {
    const first = await fixture.open();
    const ids = [];
    for (let i = 0; i < 120; i += 1)
      ids.push((await first.parts.connections.create(filesRequest(`${i}`), SYSTEM)).id);
    const before = readFileSync(fixture.keyFile, "utf8");
    expect(await first.parts.rotate(SYSTEM)).toMatchObject({ keyVersion: 2, connections: 120 });
    await first.parts.rotation.settled();
    expect(await first.parts.status()).toMatchObject({ keyVersion: 2, waiting: 0 });
    const after = readFileSync(fixture.keyFile, "utf8");
    expect(after).toMatch(/^2:\S+\n$/);
    for (const id of ids) expect(await reading(id, first)).toBe("1");
    await first.close();
    writeFileSync(fixture.keyFile, before);
    expect(await reading(ids[0] ?? "", await fixture.open())).toBe("VAULT_LOCKED");
  });

  test("is noticed by another controller that reads, and by one that writes", async () => {
    const first = await fixture.open();
    const second = await fixture.open();
    const one = await first.parts.connections.create(filesRequest(), SYSTEM);
    await first.parts.rotate(SYSTEM);
    await first.parts.rotation.settled();
    expect(await reading(one.id, second)).toBe("1");
    await first.parts.rotate(SYSTEM);
    await first.parts.rotation.settled();
    const two = await second.parts.connections.create(filesRequest(), SYSTEM);
    expect(
      await second.store
        .selectFrom("connection")
        .select("key_version")
        .where("id", "=", two.id)
        .executeTakeFirst(),
    ).toEqual({ key_version: 3 });
    expect(await reading(two.id, first)).toBe("1");
  });

  test("that begins while another goes on, or at the same time, loses no key", async () => {
    const first = await fixture.open();
    const ids = [];
    for (let i = 0; i < 120; i += 1)
      ids.push((await first.parts.connections.create(filesRequest(`${i}`), SYSTEM)).id);
    await first.parts.rotate(SYSTEM);
    await first.parts.rotate(SYSTEM);
    await first.parts.rotation.settled();
    expect(await first.parts.status()).toMatchObject({ keyVersion: 3, waiting: 0 });
    await Promise.all([1, 2, 3].map(() => first.parts.rotate(SYSTEM)));
    await first.parts.rotation.settled();
    const { state, keyVersion, waiting } = await first.parts.status();
    expect([state, waiting]).toEqual(["open", 0]);
    expect(readFileSync(fixture.keyFile, "utf8")).toMatch(new RegExp(`^${keyVersion}:\\S+\n$`));
    for (const id of ids) expect(await reading(id, first)).toBe("1");
  });

  test("leaves a connection that does not open where it is, with its key", async () => {
    const first = await fixture.open();
    const { id } = await first.parts.connections.create(filesRequest(), SYSTEM);
    await first.store
      .updateTable("connection")
      .set({ wrapped_key: randomBytes(61) })
      .execute();
    await first.parts.rotate(SYSTEM);
    await first.parts.rotation.settled();
    expect(await first.parts.status()).toMatchObject({ keyVersion: 2, waiting: 1 });
    expect(readFileSync(fixture.keyFile, "utf8").split("\n").filter(Boolean)).toHaveLength(2);
    expect(await reading(id, first)).toBe("SECRET_ALTERED");
  });
});

describe("a master key from a variable", () => {
  test("is taken out of the environment", () => {
    const env: Record<string, string | undefined> = { BVM_VAULT_KEY: newKey(), PATH: "/bin" };
    expect(takeVaultKey(env)).toBeInstanceOf(Secret);
    expect(env).toEqual({ PATH: "/bin" });
    expect(takeVaultKey(env)).toBeUndefined();
  });

  test("opens the vault, and is rotated by a second one beside it", async () => {
    const [one, two] = [newKey(), newKey()];
    const vault = { keyFrom: "env" as const };
    const first = await fixture.open({ vault, vaultKey: secretOf(one) });
    const { id } = await first.parts.connections.create(filesRequest(), SYSTEM);
    await expect(first.parts.rotate(SYSTEM)).rejects.toMatchObject({ code: "VAULT_NO_NEW_KEY" });
    await first.close();
    expect(existsSync(fixture.keyFile)).toBe(false);
    const second = await fixture.open({ vault, vaultKey: secretOf(`1:${one},2:${two}`) });
    expect(await second.parts.status()).toMatchObject({ keyVersion: 1 });
    await second.parts.rotate(SYSTEM);
    await second.parts.rotation.settled();
    await second.close();
    expect(await reading(id, await fixture.open({ vault, vaultKey: secretOf(`2:${two}`) }))).toBe("1");
  });

  test("that is not set locks the vault", async () => {
    const opened = await fixture.open({ vault: { keyFrom: "env" } });
    expect(await opened.parts.status()).toMatchObject({ state: "locked" });
  });
});

describe("a master key from a command", () => {
  const withCommand = (...keyCommand: string[]) => ({ vault: { keyFrom: "command" as const, keyCommand } });

  test("is what it prints; the command inherits nothing of ours", async () => {
    const key = newKey();
    const seen = join(fixture.directory, "environment");
    const script = `env > ${seen}; echo "$1"`;
    process.env.BROWSERVM_TEST_PLANTED = "planted";
    const opened = await fixture.open(withCommand("/bin/sh", "-c", script, "sh", key));
    delete process.env.BROWSERVM_TEST_PLANTED;
    expect(await opened.parts.status()).toMatchObject({ state: "open" });
    expect(readFileSync(seen, "utf8")).not.toContain("planted");
  });

  const failing: ReadonlyArray<[string, string[]]> = [
    ["fails", ["/bin/sh", "-c", "echo planted-words; exit 3"]],
    ["is not there", ["/nowhere/at-all"]],
    ["floods", ["/bin/sh", "-c", "while :; do echo planted-words; done"]],
    ["is none", []],
  ];
  test.each(failing)("that %s is refused, and nothing of what it printed is told", async (_, command) => {
    const opened = await fixture.open(withCommand(...command));
    const status = await opened.parts.status();
    expect(status).toMatchObject({ state: "unusable_key" });
    expect(JSON.stringify(status) + fixture.logged).not.toContain("planted-words");
  });
});
