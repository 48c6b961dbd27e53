import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SharingFixture, viewerId } from "../../packages/controller/src/testing/sharing-fixture.ts";
import { FakeGuest } from "../../packages/gateway/src/testing/fake-guest.ts";
import { TestViewer } from "../../packages/gateway/src/testing/test-viewer.ts";

const GATEWAY = join(import.meta.dirname, "../../packages/gateway/src/gateway.ts");

let f: SharingFixture;
let guest: FakeGuest;
let gateway: ChildProcess;

/** The gateway as a process, as `up` starts it. */
async function startGateway(): Promise<ChildProcess> {
  const file = join(f.t.directory, "gateway.config.json");
  writeFileSync(file, JSON.stringify({ ...f.t.config, media: { ...f.t.config.media, port: 0 } }));
  const env = { ...process.env, BROWSERVM_CONFIG_FILE: file };
  const child = spawn(process.execPath, [GATEWAY], { env, stdio: ["ignore", "pipe", "inherit"] });
  let log = "";
  child.stdout.on("data", (chunk) => {
    log += String(chunk);
  });
  await expect.poll(() => log, { timeout: 20_000 }).toContain("the gateway listens");
  return child;
}

beforeEach(async () => {
  f = await SharingFixture.start();
  guest = new FakeGuest();
  f.t.host.streamEnd = (socket, service) => (service === "media" ? guest.take(socket) : socket.pipe(socket));
  gateway = await startGateway();
});
afterEach(async () => {
  gateway.kill("SIGKILL");
  await guest[Symbol.asyncDispose]();
  await f[Symbol.asyncDispose]();
});

test("pictures travel from the guest by hostd, gateway and controller to a viewer, also after the gateway was killed", async () => {
  const { token } = await f.session.createViewToken({ role: "view" });
  const query = new URLSearchParams({ token, viewer: viewerId("a") });
  const url = `${f.t.url.replace("http", "ws")}/v1/sessions/${f.session.id}/live?${query}`;
  const viewer = await new TestViewer(url).opened();
  viewer.watch();
  await expect.poll(() => viewer.frames.length, { timeout: 5000 }).toBe(1);
  const frame = guest.video({ data: new Uint8Array(200_000).fill(7) });
  await expect.poll(() => viewer.frames.at(-1)).toEqual({ ...frame, data: Buffer.from(frame.data) });
  expect(await f.session.liveReport()).toMatchObject({
    source: { state: "running" },
    viewers: [{ viewer: viewerId("a"), rung: "websocket", sent: 2, dropped: 0 }],
  });

  const exited = once(gateway, "exit");
  gateway.kill("SIGKILL");
  await exited;
  await viewer.closed;
  gateway = await startGateway();
  const again = await new TestViewer(url).opened();
  again.watch();
  await expect.poll(() => again.frames[0]?.isKey, { timeout: 5000 }).toBe(true);
  again.ws.terminate();
});

test("SIGTERM ends the gateway, and its socket answers no more", async () => {
  const exited = once(gateway, "exit");
  gateway.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  await expect(f.session.liveReport()).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
});
