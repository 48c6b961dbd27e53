import { setTimeout as sleep } from "node:timers/promises";
import type { LiveStage } from "./live-stage.ts";

/** A fault of the live view, injected with the protocols' own bytes. */
export interface LiveFault {
  readonly name: string;
  readonly story: string;
  /** How, in words for the manual. */
  readonly how: string;
  readonly inject: (stage: LiveStage) => Promise<void>;
  /** What taking everything back (`LiveStage.clear`) does not undo. */
  readonly undo?: (stage: LiveStage) => Promise<void>;
  readonly expect: { readonly code: string; readonly verdict?: "fail" | "warn" };
}

/** A viewer tries WebRTC for longer than this before it takes another way; what is given up sooner was no try. */
const GIVES_UP_MS = 2500;

const watched = async (stage: LiveStage) => void (await stage.watch());
const restarted = (stage: LiveStage) => stage.startGateway();
/** The guest sends no picture, and says this of it to who looks. */
const tells =
  (status: LiveStage["status"]) =>
  async (stage: LiveStage): Promise<void> => {
    stage.mute();
    stage.status = status;
    await watched(stage);
  };
const hasProblem = (code: "ENCODER_FAILED" | "NO_DISPLAY", message: string) =>
  tells({ encoded: 0, problem: { code, message } });

export const LIVE_FAULTS: readonly LiveFault[] = [
  {
    name: "gateway-down",
    story: "the media gateway has ended",
    how: "the gateway is stopped",
    inject: (stage) => stage.stopGateway(),
    undo: restarted,
    expect: { code: "live-gateway-down" },
  },
  {
    name: "media-port-taken",
    story: "another program has the port of WebRTC",
    how: "a program listens on that TCP port before the gateway starts",
    inject: async (stage) => stage.startGateway({}, await stage.takePort()),
    undo: restarted,
    expect: { code: "live-port-closed" },
  },
  {
    name: "image-without-media",
    story: "the VM's image has no media helper",
    how: "hostd refuses the stream `media` as it does for such an image",
    inject: async (stage) => {
      stage.host.refuses.add("media");
      await watched(stage);
    },
    expect: { code: "live-image-without-media" },
  },
  {
    name: "helper-restarting",
    story: "the guest's media helper ends again and again",
    how: "the guest's end of the stream is closed as soon as it has begun, three times",
    inject: async (stage) => {
      await watched(stage);
      for (let times = 1; times <= 3; times += 1) {
        await stage.connected(times);
        stage.guest.stream?.destroy();
      }
      await stage.connected(4);
    },
    // It is remembered for a minute.
    undo: restarted,
    expect: { code: "live-helper-restarting" },
  },
  {
    name: "encoder-dead",
    story: "the guest's encoder fails",
    how: "the guest reports ENCODER_FAILED and sends no pictures",
    inject: hasProblem("ENCODER_FAILED", "no frame in 5 s"),
    expect: { code: "live-encoder-dead" },
  },
  {
    name: "encoder-mute",
    story: "the guest's encoder takes pictures and gives none, without a word",
    how: "the guest counts captured pictures, and none encoded",
    inject: tells({ captured: 100, encoded: 0 }),
    expect: { code: "live-encoder-dead" },
  },
  {
    name: "display-gone",
    story: "the guest's display is gone",
    how: "the guest reports NO_DISPLAY",
    inject: hasProblem("NO_DISPLAY", "connection to :1 refused"),
    expect: { code: "live-display-gone" },
  },
  {
    name: "guest-frozen-with-viewers",
    story: "the guest freezes while somebody looks",
    how: "the guest says nothing more, its connection stays open",
    inject: async (stage) => {
      await watched(stage);
      await stage.connected(1);
      stage.isFrozen = true;
      stage.guest.isMute = true;
    },
    expect: { code: "live-guest-silent" },
  },
  {
    name: "wrong-announced-address",
    story: "viewers are told an address that is not this machine's",
    how: "`media.announce` is an address of the documentation's (RFC 5737); a viewer offers and goes on by WebSocket",
    inject: async (stage) => {
      await stage.startGateway({ announce: ["203.0.113.9"] });
      const viewer = await stage.offer("a", false);
      await sleep(GIVES_UP_MS);
      viewer.say({ type: "rung/choose", rung: "websocket", audio: false, wants: "webrtc" });
    },
    undo: restarted,
    expect: { code: "live-announced-address", verdict: "warn" },
  },
  {
    name: "no-common-codec",
    story: "guest and viewer have no codec in common",
    how: "the guest has only H.264, a viewer of WebRTC offers only VP8",
    inject: async (stage) => {
      stage.mute();
      stage.guest.hello = { version: 1, codecs: ["h264"], hasAudio: false };
      await stage.offer("a", true);
    },
    expect: { code: "live-no-common-codec" },
  },
  {
    name: "viewer-never-reads",
    story: "one viewer never reads, another sees its picture",
    how: "a viewer's connection is left unread while large pictures are sent",
    inject: async (stage) => {
      const stuck = await stage.watch("a");
      await stage.watch("b");
      while (stuck.frames.length === 0) await sleep(20);
      await sleep(500); // it has told that it paints
      stage.frameBytes = 200_000;
      stuck.ws.pause();
    },
    expect: { code: "live-viewer-stuck", verdict: "warn" },
  },
];
