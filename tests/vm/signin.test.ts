import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { makeId, type SessionId } from "@browservm/contract";
import { PNG } from "pngjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GROUND, PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { oauthAt } from "../../packages/controller/src/testing/signin-fixture.ts";
import { NOTHING } from "../harness/host-under-test.ts";
import { end } from "../netns/fake-guest.ts";
import { INTERNET } from "../soak/internet.ts";
import { Machine } from "../soak/machine.ts";
import { KEYS, Typist } from "./typist.ts";

const LISTEN = "127.0.0.1:4017";
/** Where the provider's page has it. */
const NAME_FIELD = { x: 160, y: 223 };
const PROVIDER = new URL("./login-provider-process.ts", import.meta.url).pathname;

let machine: Machine;
let provider: ChildProcess;
let lines: Interface;
let about: Parameters<typeof oauthAt>[0];
const directory = mkdtempSync(join(tmpdir(), "bvm-provider-"));

beforeAll(async () => {
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "1",
    "-subj",
    "/CN=the test's provider",
  ];
  execFileSync(
    "openssl",
    [...request, "-addext", `subjectAltName=IP:${INTERNET}`, "-keyout", key, "-out", cert],
    {
      stdio: "ignore",
    },
  );
  machine = await Machine.start(() => {}, {
    BROWSERVM_VMM__DRIVER: "container",
    BROWSERVM_LISTEN: LISTEN,
    NODE_EXTRA_CA_CERTS: cert,
  });
  const command = ["netns", "exec", "internet", process.execPath, PROVIDER, INTERNET, key, cert];
  provider = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"] });
  if (!provider.stdout) throw new Error("the provider has no output");
  lines = createInterface({ input: provider.stdout });
  const [line] = await once(lines, "line", { signal: AbortSignal.timeout(60_000) });
  about = JSON.parse(String(line));
});
afterAll(async () => {
  if (provider) await end(provider);
  await machine?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** The colour of the display where neither a form is nor the pointer. */
async function groundOf(id: string): Promise<number[]> {
  const { data, width } = PNG.sync.read(Buffer.from(await machine.controller.client.sessions.screenshot(id)));
  return [...data.subarray((680 * width + 1000) * 4).subarray(0, 3)];
}
const isAt = async (id: string, ground: readonly number[]) =>
  (await groundOf(id)).every((part, index) => Math.abs(part - (ground[index] ?? 0)) <= 3);

async function seesSoon(id: string, ground: readonly number[], timeoutMs = 60_000): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(100))
    if (await isAt(id, ground)) return true;
  return false;
}

async function sitDownAt(sessionId: SessionId): Promise<Typist> {
  const { client } = machine.controller;
  const { secret } = await client.createApiKey({ name: "person", role: "user" });
  const viewer = makeId("vwr", crypto.getRandomValues(new Uint8Array(20)));
  const typist = await Typist.sitDown(`ws://${LISTEN}/v1/sessions/${sessionId}/vnc?viewer=${viewer}`, secret);
  await client.sessions.control(sessionId, { action: "take", viewer });
  return typist;
}

test("a person signs in by typing into the live view, and a connection exists", async () => {
  const { client } = machine.controller;
  const begun = performance.now();
  const { id } = await client.signins.create({ provider: "test", settings: oauthAt(about) });
  await client.signins.waitFor(id, "awaiting_user");
  await expect
    .poll(async () => (await client.signins.get(id)).steps.at(-1)?.step, { timeout: 60_000 })
    .toBe("user");
  const ready = performance.now();
  const { sessionId } = await client.signins.get(id);
  if (!sessionId) throw new Error("it has no session");
  await using typist = await sitDownAt(sessionId);

  // The VM does not know who signed the test's certificate; a person may go on all the same.
  let hasArrived = false;
  for (let tries = 0; tries < 10 && !hasArrived; tries += 1) {
    typist.click(640, 600);
    await typist.type("thisisunsafe");
    hasArrived = await seesSoon(sessionId, GROUND.login, 10_000);
  }
  expect(hasArrived).toBe(true);
  // On a slow machine the last of these words and the click may have come to this page.
  typist.click(NAME_FIELD.x, NAME_FIELD.y);
  await typist.selectAll();
  await typist.type(PERSON.name, KEYS.tab);
  await typist.type(PERSON.password, KEYS.enter);
  expect(await seesSoon(sessionId, GROUND.code)).toBe(true);
  await typist.type(PERSON.code, KEYS.enter);
  expect(await seesSoon(sessionId, GROUND.consent)).toBe(true);
  await typist.type("", KEYS.enter);
  const sent = performance.now();

  const { connectionId } = await client.signins.waitFor(id, "completed");
  const stored = performance.now();
  const whole = stored - begun - typist.typedMs;
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  console.log(
    `sign-in: ${seconds(whole)} s beyond ${seconds(typist.typedMs)} s of typing: ${seconds(ready - begun)} s until ` +
      `somebody could begin, ${seconds(stored - sent)} s from the last key to the connection`,
  );
  expect(whole).toBeLessThan(120_000);
  const connection = await client.connections.get(connectionId ?? "");
  expect(connection).toMatchObject({ subject: PERSON.name, health: "ok", kind: "oauth" });
  // Only the provider's own refresh token brings another access token.
  await client.connections.refresh(connection.id);
  expect((await client.connections.get(connection.id)).health).toBe("ok");
  await expect.poll(async () => (await client.signins.get(id)).sessionOver, { timeout: 30_000 }).toBe(true);
  expect((await machine.host.client.listVms()).map(({ id: vm }) => vm)).toEqual([]);
  expect(await machine.host.remains()).toEqual(NOTHING);
  provider.stdin?.write("?\n");
  const [automated] = await once(lines, "line");
  expect(JSON.parse(String(automated))).toEqual(["false"]);
}, 240_000);
