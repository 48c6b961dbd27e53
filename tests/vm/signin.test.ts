import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { VmId } from "@browservm/contract";
import type { CreateSigninOptions } from "@browservm/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GROUND, PERSON } from "../../packages/controller/src/testing/login-pages.ts";
import { oauthAt } from "../../packages/controller/src/testing/signin-fixture.ts";
import { Certificate } from "../harness/certificate.ts";
import { NOTHING } from "../harness/host-under-test.ts";
import { OutsideProgram } from "../harness/outside-program.ts";
import { ProviderOutside } from "../harness/signin/provider-outside.ts";
import { INTERNET } from "../soak/internet.ts";
import { Machine } from "../soak/machine.ts";
import { execIn, shIn } from "./in-guest.ts";
import { Seat } from "./seat.ts";

const LISTEN = "127.0.0.1:4017";
const SLOW = { timeout: 60_000 };
const CLI = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const outside = (name: string) => new URL(`../harness/signin/${name}-process.ts`, import.meta.url).pathname;

let machine: Machine;
let provider: ProviderOutside;
const rest = new AsyncDisposableStack();

beforeAll(async () => {
  const certificate = rest.use(new Certificate(INTERNET));
  machine = rest.use(
    await Machine.start(() => {}, {
      BROWSERVM_VMM__DRIVER: "container",
      BROWSERVM_LISTEN: LISTEN,
      NODE_EXTRA_CA_CERTS: certificate.cert,
    }),
  );
  provider = rest.use(await ProviderOutside.start(certificate));
});
afterAll(() => rest.disposeAsync());

const client = () => machine.controller.client;

/** Begun, with its page open. */
async function begin(request: CreateSigninOptions) {
  const { id } = await client().signins.create(request);
  await client().signins.waitFor(id, "awaiting_user");
  const lastStep = async () => (await client().signins.get(id)).steps.at(-1)?.step;
  await expect.poll(lastStep, SLOW).toBe("user");
  return client().signins.get(id);
}

/** The connection of a sign-in that is completed, whose machine is gone. */
async function connectionOf(id: string) {
  const { connectionId } = await client().signins.waitFor(id, "completed");
  await expect.poll(async () => (await client().signins.get(id)).sessionOver, SLOW).toBe(true);
  return client().connections.get(connectionId ?? "");
}

/** The VM of a session by `browservm run ARGS`, as root on this machine gives one; the session is ended afterwards. */
async function runSession(...args: readonly string[]) {
  const { dir } = machine.host;
  const env = {
    PATH: process.env.PATH ?? "",
    BROWSERVM_STATE_DIR: join(dir, "s"),
    BROWSERVM_RUN_DIR: join(dir, "r"),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "--json", "run", ...args], { env });
  const { id } = JSON.parse(stdout) as { id: string };
  const { vm } = await client().sessions.get(id);
  const end = () => client().sessions.end(id);
  return { vmId: VmId.parse(vm?.id), [Symbol.asyncDispose]: async () => void (await end()) };
}

test("a person signs in at a provider by typing into the live view, and a connection exists", async () => {
  const begun = performance.now();
  const signin = await begin({ provider: "test", settings: oauthAt(provider) });
  const ready = performance.now();
  await using seat = await Seat.at(machine, LISTEN, signin);
  await seat.signIn();
  const sent = performance.now();
  const { connectionId } = await client().signins.waitFor(signin.id, "completed");
  const stored = performance.now();
  const whole = stored - begun - seat.typist.typedMs;
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  console.log(
    `sign-in: ${seconds(whole)} s beyond ${seconds(seat.typist.typedMs)} s of typing: ${seconds(ready - begun)} s until ` +
      `somebody could begin, ${seconds(stored - sent)} s from the last key to the connection`,
  );
  expect(whole).toBeLessThan(120_000);
  const connection = await connectionOf(signin.id);
  expect(connection).toMatchObject({ id: connectionId, subject: PERSON.name, health: "ok", kind: "oauth" });
  // Only the provider's own refresh token brings another access token.
  await client().connections.refresh(connection.id);
  expect((await client().connections.get(connection.id)).health).toBe("ok");
  expect((await machine.host.client.listVms()).map(({ id: vm }) => vm)).toEqual([]);
  expect(await machine.host.remains()).toEqual(NOTHING);
  expect(await provider.automated()).toEqual(["false"]);
});

test("a login at a website is captured, and the browser of another session is signed in there", async () => {
  await using site = await OutsideProgram.start(outside("site"), INTERNET);
  const { origin } = site.about as { origin: string };
  const settings = {
    recipe: "cookies" as const,
    url: `${origin}/login`,
    origins: [origin],
    doneCookie: "sid",
  };
  const signin = await begin({ provider: "site", settings });
  await using seat = await Seat.at(machine, LISTEN, signin);
  await seat.sees(GROUND.login);
  await seat.typeName();
  const connection = await connectionOf(signin.id);
  expect(connection).toMatchObject({ kind: "cookies", health: "ok" });
  const greeted = { by: PERSON.name, stored: "#dark" };
  expect(await site.ask("whom?")).toEqual([greeted]);
  await using _other = await runSession("--connection", connection.id, origin);
  await expect.poll(() => site.ask("whom?"), SLOW).toEqual([greeted]);
});

test("a tool is installed by npm, signs in through the browser beside it, and its file is in another session", async () => {
  await using registry = await OutsideProgram.start(outside("npm-registry"), INTERNET);
  const { url, package: name } = registry.about as { url: string; package: string };
  const file = ".stand-in/auth.json";
  const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: "0", NPM_CONFIG_REGISTRY: url };
  const { clientId, clientSecret } = provider.client;
  const settings = {
    recipe: "cli" as const,
    install: ["npm", "install", "--prefix", ".local", "--global", name],
    command: [`.local/bin/${name}`],
    environment: {
      ...trusting,
      TOOL_ISSUER: provider.issuer,
      TOOL_CLIENT: clientId,
      TOOL_SECRET: clientSecret,
    },
    answers: [{ when: "How do you want to sign in", type: "1" }],
    urlPrefix: `${provider.issuer}/`,
    files: [{ path: file, jsonKeys: ["tokens.access_token", "tokens.refresh_token"] }],
    account: { path: file, key: "tokens.id_token", claim: "sub" },
  };
  const signin = await begin({ provider: "stand-in", settings });
  expect(signin.steps.map(({ step }) => step)).toEqual(["session", "prepare", "install", "open", "user"]);
  const asked = [`/${name}`, `/${name}/-/${name}-1.0.0.tgz`];
  expect(await registry.ask("what?")).toEqual(expect.arrayContaining(asked));
  await using seat = await Seat.at(machine, LISTEN, signin);
  await seat.signIn();
  const connection = await connectionOf(signin.id);
  expect(connection).toMatchObject({ kind: "files", subject: PERSON.name });
  await using other = await runSession("--connection", connection.id);
  const ofFile = await shIn(machine.host, other.vmId, `stat -c "%U:%G %a" /home/browser/${file}`);
  expect(ofFile).toBe("browser:browser 600");
  const env = Object.entries(trusting).map(([key, value]) => `${key}=${value}`);
  const command = ["env", ...env, "npm", "exec", "--yes", "--", name, "whoami"];
  const { said } = await execIn(machine.host, other.vmId, { command, user: "browser" });
  expect(said).toContain(`signed in as ${PERSON.name}`);
});
