import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config, DoctorReport } from "@browservm/contract";
import { pino } from "pino";
import { SharingFixture, viewerId } from "../../../packages/controller/src/testing/sharing-fixture.ts";
import { type Gateway, startGateway } from "../../../packages/gateway/src/start-gateway.ts";
import { FakeGuest } from "../../../packages/gateway/src/testing/fake-guest.ts";
import { RtcViewer } from "../../../packages/gateway/src/testing/rtc-viewer.ts";
import { TestViewer } from "../../../packages/gateway/src/testing/test-viewer.ts";

const FRAME_MS = 40;
const STATUS_MS = 250;

/** A real controller and a real gateway, a hostd that is told of, and a guest that speaks the media protocol. */
export class LiveStage implements AsyncDisposable {
  readonly #fixture: SharingFixture;
  readonly #viewers: TestViewer[] = [];
  readonly #peers: RtcViewer[] = [];
  readonly #playing: NodeJS.Timeout[];
  readonly guest = new FakeGuest();
  /** What the guest tells each second besides its counts. */
  status: Parameters<FakeGuest["status"]>[0] = {};
  /** Of each picture, in bytes. */
  frameBytes = 1000;
  isFrozen = false;
  #gateway: Gateway | undefined;
  #thief: Server | undefined;
  #captured = 1;
  #before = 0;

  readonly #token: string;

  private constructor(fixture: SharingFixture, token: string) {
    this.#fixture = fixture;
    this.#token = token;
    fixture.t.host.streamEnd = (socket, service) =>
      service === "media" ? this.guest.take(socket) : socket.pipe(socket);
    this.#playing = [setInterval(() => this.#show(), FRAME_MS), setInterval(() => this.#tell(), STATUS_MS)];
  }

  static async start(): Promise<LiveStage> {
    const fixture = await SharingFixture.start();
    const { token } = await fixture.session.createViewToken({ role: "view" });
    const stage = new LiveStage(fixture, token);
    await stage.startGateway();
    return stage;
  }

  get host() {
    return this.#fixture.t.host;
  }

  async startGateway(media: Partial<Config["media"]> = {}, rtcPort = 0): Promise<void> {
    await this.stopGateway();
    const { config } = this.#fixture.t;
    this.#gateway = await startGateway({
      config: { ...config, media: { ...config.media, port: 4001, ...media } },
      log: pino({ level: "silent" }),
      rtcPort,
      lingerMs: 200,
    });
  }

  async stopGateway(): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#gateway = undefined;
  }

  /** Another program listens on a TCP port, until `clear`. */
  async takePort(): Promise<number> {
    this.#thief = createServer().listen(0, "127.0.0.1");
    await once(this.#thief, "listening");
    return (this.#thief.address() as AddressInfo).port;
  }

  /** Somebody with a link. */
  async join(letter: string): Promise<TestViewer> {
    const query = new URLSearchParams({ token: this.#token, viewer: viewerId(letter) });
    const { t, session } = this.#fixture;
    const viewer = new TestViewer(`${t.url.replace("http", "ws")}/v1/sessions/${session.id}/live?${query}`);
    this.#viewers.push(viewer);
    return viewer.opened();
  }

  /** Somebody who looks by WebSocket and says that it paints. */
  async watch(letter = "a"): Promise<TestViewer> {
    const viewer = await this.join(letter);
    viewer.say({ type: "rung/choose", rung: "websocket", audio: false, wants: "websocket", codecs: ["vp8"] });
    return viewer;
  }

  /** Somebody who offers WebRTC; the answer is not taken where nobody could reach what it announces. */
  async offer(letter: string, connects: boolean): Promise<TestViewer> {
    const viewer = await this.join(letter);
    const peer = new RtcViewer({ transport: "udp" });
    this.#peers.push(peer);
    if (connects) await peer.connect(viewer);
    else {
      viewer.say({ type: "rung/choose", rung: "webrtc", audio: false, wants: "webrtc" });
      viewer.say({ type: "signal/offer", sdp: await peer.offer() });
    }
    return viewer;
  }

  /** Waits until the gateway has come to the guest so many times since the last `clear`. */
  async connected(times: number): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (this.guest.connections - this.#before < times) {
      if (performance.now() > deadline) throw new Error(`the gateway did not come ${times} times`);
      await sleep(20);
    }
    await sleep(100); // its hello has arrived
  }

  examine(): Promise<DoctorReport> {
    return this.#fixture.session.examine();
  }

  /** The guest sends no picture. */
  mute(): void {
    this.frameBytes = 0;
    this.guest.answersKeyFrames = false;
  }

  /** Everybody leaves, and what was put in is taken out. */
  async clear(): Promise<void> {
    for (const { ws } of this.#viewers.splice(0)) ws.terminate();
    for (const peer of this.#peers.splice(0)) await peer[Symbol.asyncDispose]();
    Object.assign(this, { status: {}, frameBytes: 1000, isFrozen: false });
    Object.assign(this.guest, { isMute: false, answersKeyFrames: true });
    this.guest.hello = { version: 1, codecs: ["vp8", "h264"], hasAudio: true };
    this.host.refuses.clear();
    this.#thief?.close();
    this.#before = this.guest.connections;
    await sleep(300); // the source outlives its last viewer by 200 ms
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#playing) clearInterval(timer);
    await this.clear();
    await this.stopGateway();
    await this.guest[Symbol.asyncDispose]();
    await this.#fixture[Symbol.asyncDispose]();
  }

  #show(): void {
    if (!this.guest.stream || this.isFrozen || this.frameBytes === 0) return;
    this.#captured += 1;
    this.guest.video({ data: new Uint8Array(this.frameBytes).fill(1) });
  }

  #tell(): void {
    if (!this.guest.stream || this.isFrozen) return;
    const counts = { captured: this.#captured, unchanged: 0, encoded: this.#captured };
    this.guest.status({ ...counts, ...this.status });
    for (const viewer of this.#viewers)
      if (viewer.frames.length > 0) viewer.say(paints(viewer.frames.length));
  }
}

/** What the product's page tells every two seconds. */
const paints = (frames: number) => ({
  type: "stats/report",
  stats: {
    ...{ rung: "websocket", transport: null, received: frames, decoded: frames, painted: frames, dropped: 0 },
    ...{ fps: 25, kbps: 200, loss: 0, rttMs: 1, jitterBufferMs: null, latencyMs: null },
  },
});
