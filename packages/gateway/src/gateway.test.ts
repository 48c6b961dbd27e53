import { encodeJson, MEDIA_KIND, withLength } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GatewayFixture, SESSION, vmId } from "./testing/gateway-fixture.ts";

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 5 }).toEqual(wanted);
const isTrue = (value: () => boolean) => until(value, true);

let f: GatewayFixture;
beforeEach(async () => {
  f = await GatewayFixture.start();
});
afterEach(() => f[Symbol.asyncDispose]());

describe("pictures over WebSocket", () => {
  test("come bit for bit as the guest made them, beginning with a key frame", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    const next = f.guest.video({ data: new Uint8Array([9, 8, 7]) });
    await isTrue(() => viewer.frames.length === 2);
    expect(viewer.frames[0]).toMatchObject({ isKey: true, codec: "vp8", width: 1280 });
    expect({ ...viewer.frames[1], data: [...(viewer.frames[1]?.data ?? [])] }).toEqual({
      ...next,
      data: [9, 8, 7],
    });
    expect(f.guest.asked).toEqual([`/v1/vms/${vmId("b")}/streams/media`]);
    expect(f.guest.settings).toEqual([{ codec: "vp8", kbps: 2000, fps: 30, audio: false }]);
  });

  test("are not captured while nobody has chosen a rung with video, and no more after the last one left", async () => {
    const viewer = await f.join();
    viewer.say({ type: "system/ping", t: 1 });
    await isTrue(() => viewer.of("system/pong").length === 1);
    expect(f.guest.connections).toBe(0);
    expect(await f.report()).toMatchObject({ source: null, viewers: [{ rung: "vnc" }] });
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    const ended = new Promise((resolve) => f.guest.stream?.once("close", resolve));
    viewer.ws.close();
    await ended;
    expect(await f.report()).toEqual({ rtc: null, source: null, viewers: [] });
  });

  test("come at once to who comes late: a key frame is asked for, once for all that ask within 300 ms", async () => {
    const first = await f.join();
    first.watch();
    await isTrue(() => first.frames.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 320));
    const others = await Promise.all(["b", "c", "d"].map((viewer) => f.join({ viewer, control: "0" })));
    const asked = performance.now();
    for (const other of others) other.watch();
    await isTrue(() => others.every(({ frames }) => frames[0]?.isKey === true));
    expect(performance.now() - asked).toBeLessThan(700);
    expect(f.guest.keyFrames).toBeLessThanOrEqual(3);
  });

  test("wait for nobody: who does not read misses pictures and holds little, others get all", async () => {
    const quick = await f.join();
    const stuck = await f.join({ viewer: "b" });
    quick.watch();
    stuck.watch();
    await isTrue(() => quick.frames.length > 0 && stuck.frames.length > 0);
    stuck.ws.pause();
    const data = new Uint8Array(100_000);
    for (let sent = 0; sent < 60; sent += 1) {
      f.guest.video({ data });
      await isTrue(() => quick.frames.at(-1)?.sequence === f.guest.sequence - 1);
      quick.frames.length = Math.min(quick.frames.length, 1);
    }
    const [ofQuick, ofStuck] = (await f.report()).viewers;
    expect(ofQuick?.dropped).toBe(0);
    // 6 MB were sent; the stuck viewer holds back what the sockets' buffers take and two pictures.
    expect(ofStuck?.sent).toBeLessThan(15);
    expect(ofStuck?.dropped).toBeGreaterThan(45);
    stuck.ws.resume();
    await until(() => stuck.frames.at(-1)?.isKey, true);
  });

  test("that depend on one that is missing are not sent; a key frame is asked for", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    f.guest.sequence += 3;
    f.guest.video();
    await isTrue(() => viewer.frames.length === 2);
    expect(viewer.frames[1]?.isKey).toBe(true);
  });

  test("come from the session's new VM when it has another one", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    await f.join({ viewer: "b", vm: "c" });
    await isTrue(() => viewer.frames.length === 2);
    expect(f.guest.asked.at(-1)).toBe(`/v1/vms/${vmId("c")}/streams/media`);
  });

  test("come with sound for who wants it only", async () => {
    const [hears, deaf] = await Promise.all([f.join(), f.join({ viewer: "b" })]);
    deaf.watch();
    await isTrue(() => deaf.frames.length === 1);
    expect(f.guest.settings.at(-1)?.audio).toBe(false);
    hears.watch(true);
    await isTrue(() => f.guest.settings.at(-1)?.audio === true);
    f.guest.audio(1);
    await isTrue(() => hears.sounds === 1);
    f.guest.video({ isKey: true });
    await isTrue(() => deaf.frames.some(({ sequence }) => sequence === f.guest.sequence - 1));
    expect(deaf.sounds).toBe(0);
  });
});

describe("a guest", () => {
  test("that goes away is connected again, and viewers are told", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    f.guest.sequence = 0;
    f.guest.stream?.destroy();
    await isTrue(() => viewer.of("stream/state").some(({ state }) => state === "failed"));
    await isTrue(() => viewer.frames.length === 2);
    expect(viewer.of("stream/state").at(-1)).toMatchObject({ state: "running", problem: null });
  });

  test.each([
    ["a length that no message has", new Uint8Array([0xff, 0xff, 0xff, 0xff])],
    ["a kind that nobody knows", withLength(new Uint8Array([99, 1]))],
    ["what only gateways say", withLength(encodeJson(MEDIA_KIND.keyFrame))],
    ["a status that is none", withLength(encodeJson(MEDIA_KIND.status, { captured: -1 }))],
    ["half a picture", withLength(new Uint8Array([MEDIA_KIND.video, 0, 1]))],
    ["JSON that is none", withLength(new Uint8Array([MEDIA_KIND.hello, 0x7b]))],
  ])("that sends %s loses its connection, and nothing else happens", async (_, bytes) => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    f.guest.write(bytes);
    await isTrue(() => viewer.of("stream/state").some(({ state }) => state === "failed"));
    await isTrue(() => viewer.frames.length === 2);
    expect((await f.get("/healthz")).status).toBe(200);
  });

  test("that has a problem says so in clean words; its numbers reach viewers and operators", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    f.guest.status({ problem: { code: "NO_DISPLAY", message: "\u001b[31mred\u0007\u202e" } });
    const problem = { code: "NO_DISPLAY", message: "red" } as const;
    await isTrue(() => viewer.of("stream/state").some((state) => state.problem?.message === "red"));
    f.guest.status({ problem });
    f.guest.status();
    await isTrue(() => viewer.of("stream/stats").some(({ numbers }) => numbers.encoded === 7));
    expect(viewer.of("stream/state").find((state) => state.problem)).toMatchObject({
      state: "failed",
      problem,
    });
    const stats = viewer.of("stream/stats").at(-1)?.numbers;
    expect(stats).toMatchObject({ captured: 9, sent: 1, dropped: 0, viewers: 1, encodeMs: 4 });
    expect(await f.report()).toMatchObject({
      source: { state: "running", encoded: 7, guestRttMs: expect.any(Number), displayLosses: 1 },
    });
  });

  test("without a picture stays connected while somebody misses it, and no longer when it has one", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length > 0);
    f.guest.status({ problem: { code: "NO_DISPLAY", message: "no :1" } });
    await until(async () => (await f.report()).source?.state, "failed");
    viewer.say({ type: "rung/choose", rung: "vnc", audio: false, wants: "webrtc" });
    await new Promise((resolve) => setTimeout(resolve, 500)); // more than twice as long as a source lingers here
    expect((await f.report()).source?.problem?.code).toBe("NO_DISPLAY");
    f.guest.status();
    await until(async () => (await f.report()).source, null);
    expect(f.guest.connections).toBe(1);
  });

  test("that ends after its viewers have left is not asked again, and no reason to warn", async () => {
    await using f = await GatewayFixture.start({ lingerMs: 60_000 });
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    viewer.ws.close();
    await until(async () => (await f.report()).viewers, []);
    expect((await f.report()).source).not.toBeNull();
    f.guest.refusal = "VM_NOT_READY";
    f.guest.stream?.destroy();
    await until(async () => (await f.report()).source, null);
    await new Promise((resolve) => setTimeout(resolve, 300)); // longer than before another try
    expect([f.guest.asked.length, f.warnings]).toEqual([1, []]);
  });

  test("that goes away while somebody looks is warned of, and asked no more when it is gone for good", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    f.guest.refusal = "VM_NOT_READY";
    f.guest.stream?.destroy();
    const code = () => viewer.of("stream/state").at(-1)?.problem?.code;
    await until(code, "VM_NOT_READY");
    expect(f.warnings).toEqual(Array(2).fill("the guest's media stream is away"));
    f.guest.refusal = "VM_NOT_FOUND";
    await until(code, "VM_NOT_FOUND");
    const asked = f.guest.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 1200)); // longer than before a fourth try
    expect([f.guest.asked.length, f.warnings.length]).toEqual([asked, 2]);
  });

  test("that sends too much is read more slowly", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    const started = performance.now();
    for (let sent = 0; sent < 9; sent += 1) f.guest.video({ data: new Uint8Array(2_000_000) });
    const last = f.guest.video({ isKey: true });
    // or the next one, where this busy machine had no room for it
    await isTrue(() => (viewer.frames.at(-1)?.sequence ?? 0) >= last.sequence);
    // 12 MiB come at once, then 4 MiB a second, the last frames together: a busy machine can only make it longer.
    expect(performance.now() - started).toBeGreaterThan(800);
  });

  test("that has another clock is understood: a viewer learns what it shows", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    await expect
      .poll(
        () => {
          viewer.say({ type: "system/ping", t: 7 });
          return viewer.of("system/pong").at(-1)?.guestUs ?? 0;
        },
        { interval: 20 },
      )
      .toBeGreaterThan(f.guest.aheadUs);
    expect(Math.abs(f.guest.clockUs - (viewer.of("system/pong").at(-1)?.guestUs ?? 0))).toBeLessThan(100_000);
  });
});

describe("a viewer", () => {
  test("that may only look does not set the quality; one that may control does, within our limits", async () => {
    const [looks, controls] = await Promise.all([f.join({ control: "0" }), f.join({ viewer: "b" })]);
    looks.watch();
    await isTrue(() => looks.frames.length === 1);
    looks.say({ type: "quality/set", fps: 1 });
    await isTrue(() => looks.refusals.includes("quality/set CONTROL_REFUSED"));
    controls.say({ type: "quality/set", codec: "h264", maxKbps: 500, fps: 60 });
    await until(() => f.guest.settings.at(-1), { codec: "h264", kbps: 500, fps: 30, audio: false });
    await until(() => looks.of("stream/state").at(-1)?.maxKbps, 500);
    controls.say({ type: "quality/set", maxKbps: null });
    await until(() => looks.of("stream/state").at(-1)?.maxKbps, null);
  });

  test("that says nonsense is refused and stays", async () => {
    const viewer = await f.join();
    viewer.ws.send("{ not json");
    viewer.ws.send(Buffer.from([1, 2, 3]));
    viewer.say({ type: "rung/choose", rung: "teleport" });
    viewer.say({ type: "rung/choose", rung: "webrtc" });
    viewer.say({ type: "signal/offer", sdp: "v=0" });
    for (let n = 0; n < 70; n += 1) viewer.say({ type: "signal/candidate", candidate: "candidate:1" });
    await isTrue(
      () => viewer.refusals.filter((one) => one === "signal/candidate TOO_MANY_CANDIDATES").length === 6,
    );
    expect(viewer.refusals.slice(0, 5)).toEqual([
      "message BAD_REQUEST",
      "message BAD_REQUEST",
      "message BAD_REQUEST",
      "rung/choose RUNG_UNAVAILABLE",
      "signal/offer RUNG_UNAVAILABLE",
    ]);
    expect(viewer.of("stream/hello")).toMatchObject([{ rungs: ["websocket", "vnc"] }]);
  });

  test("that says too much is heard more slowly, and nobody else", async () => {
    const [good, bad] = await Promise.all([f.join(), f.join({ viewer: "b" })]);
    for (let t = 1; t <= 900; t += 1) bad.say({ type: "system/ping", t });
    await isTrue(() => bad.of("system/pong").length > 400);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // what came with the last of them is still heard, and paid for
    bad.say({ type: "system/ping", t: -1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    bad.say({ type: "system/ping", t: -2 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    good.say({ type: "system/ping", t: 1 });
    await isTrue(() => good.of("system/pong").length === 1);
    expect(bad.of("system/pong").at(-1)?.t).not.toBe(-2);
  });

  test("that sends a megabyte of SDP is cut off; another one goes on", async () => {
    const [good, bad] = await Promise.all([f.join(), f.join({ viewer: "b" })]);
    good.watch();
    await isTrue(() => good.frames.length === 1);
    bad.say({ type: "signal/offer", sdp: "a".repeat(1_000_000) });
    expect(await bad.closed).toBe(1009);
    f.guest.video();
    await isTrue(() => good.frames.length === 2);
  });

  test("whose way gets full makes the guest send less", async () => {
    const viewer = await f.join();
    viewer.watch();
    await isTrue(() => viewer.frames.length === 1);
    const stats = {
      transport: null,
      received: 1,
      decoded: 1,
      painted: 1,
      dropped: 0,
      fps: 30,
      kbps: 900,
      loss: 0,
    };
    const report = (rttMs: number) =>
      viewer.say({
        type: "stats/report",
        stats: { ...stats, rung: "websocket", rttMs, jitterBufferMs: null, latencyMs: { p50: 40, p95: 80 } },
      });
    report(20);
    report(900);
    await isTrue(() => (f.guest.settings.at(-1)?.kbps ?? 9999) < 2000);
    expect((await f.report()).viewers).toMatchObject([{ stats: { rttMs: 900, latencyMs: { p95: 80 } } }]);
    const { body } = await f.get("/metrics");
    expect(body).toContain('browservm_live_viewers{rung="websocket"} 1');
    expect(body).toContain("browservm_live_latency_p95_ms 80");
  });

  test("that is told of the gateway's end cannot begin anything in it any more", async () => {
    const viewers = await Promise.all(["a", "b"].map((viewer) => f.join({ viewer })));
    for (const viewer of viewers) viewer.watch();
    await isTrue(() => viewers.every(({ frames }) => frames.length > 0));
    const { connections } = f.guest;
    await f.gateway[Symbol.asyncDispose]();
    expect(await Promise.all(viewers.map(({ closed }) => closed))).toEqual([1001, 1001]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(f.guest.connections).toBe(connections);
  });

  test("without who it is, or for what, gets no WebSocket", async () => {
    for (const query of [{}, { session: SESSION }, { session: "../x", vm: "y", viewer: "z", control: "1" }])
      await expect(f.connect(query).opened()).rejects.toThrow("refused");
    expect((await f.get("/v1/streams/..%2f")).status).toBe(404);
  });
});
