import { z } from "zod";
import { MediaProblem } from "./guest-messages.ts";
import { VideoCodec } from "./wire.ts";

/** The ways of the picture to a viewer, the best first. `vnc` needs no gateway. */
export const Rung = z.enum(["webrtc", "websocket", "vnc"]);
export type Rung = z.infer<typeof Rung>;
/** How WebRTC's packets come to the gateway's port. */
const PortTransport = z.enum(["udp", "tcp"]);
/** The same as a viewer sees it; `relay`: through a TURN server, which only the viewer knows. */
export const RtcTransport = z.enum([...PortTransport.options, "relay"]);

/** A server that helps WebRTC through, as `RTCPeerConnection` takes it. */
export const IceServer = z.object({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
});
export type IceServer = z.infer<typeof IceServer>;

export const MAX_SDP_CHARS = 65_536;
export const MAX_CANDIDATES = 64;

const Count = z.number().int().nonnegative();
const Ms = z.number().nonnegative().max(3_600_000);

/** What a viewer sees of the picture, told every two seconds. Counts are since it asked for this rung. */
export const ViewerStats = z.strictObject({
  rung: Rung,
  transport: RtcTransport.nullable(),
  received: Count,
  decoded: Count,
  painted: Count,
  dropped: Count,
  fps: z.number().nonnegative().max(1000),
  kbps: z.number().nonnegative().max(10_000_000),
  /** Of packets, 0 to 1. */
  loss: z.number().min(0).max(1),
  rttMs: Ms.nullable(),
  jitterBufferMs: Ms.nullable(),
  /** From the read screen to the painted frame. */
  latencyMs: z.object({ p50: Ms, p95: Ms }).nullable(),
});
export type ViewerStats = z.infer<typeof ViewerStats>;

/** What a viewer says, as text messages of JSON. */
export const ViewerMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("system/ping"), t: z.number() }),
  /** From where frames are wanted from now on. `vnc`: from nowhere. */
  z.strictObject({
    type: z.literal("rung/choose"),
    rung: Rung,
    audio: z.boolean().default(false),
    /** The best that it would take: `vnc` when video is not wanted, or its tab is hidden. */
    wants: Rung.optional(),
    /** What its own decoder (WebCodecs) takes, where that is known. */
    codecs: z.array(VideoCodec).max(4).optional(),
    /** While WebRTC comes up, frames are wanted by this WebSocket. */
    meanwhile: z.boolean().optional(),
  }),
  /** The viewer offers; the gateway answers with its candidates in the answer. A new offer replaces the connection. */
  z.strictObject({ type: z.literal("signal/offer"), sdp: z.string().max(MAX_SDP_CHARS) }),
  z.strictObject({ type: z.literal("signal/candidate"), candidate: z.string().max(1024) }),
  /** For all viewers of the session: by those who may control only. */
  z.strictObject({
    type: z.literal("quality/set"),
    codec: VideoCodec.optional(),
    /** Null: as the network allows. */
    maxKbps: z.int().min(100).max(20_000).nullable().optional(),
    fps: z.int().min(1).max(60).optional(),
  }),
  z.strictObject({ type: z.literal("video/key-frame") }),
  z.strictObject({ type: z.literal("stats/report"), stats: ViewerStats }),
]);
export type ViewerMessage = z.infer<typeof ViewerMessage>;

/** The source's numbers, as every viewer gets them once a second. */
export const StreamNumbers = z.object({
  captured: Count,
  unchanged: Count,
  encoded: Count,
  /** To this viewer. */
  sent: Count,
  /** Not sent to this viewer, because it did not keep up. */
  dropped: Count,
  encodeMs: Ms,
  kbps: z.number().nonnegative(),
  /** Between gateway and guest. */
  guestRttMs: Ms.nullable(),
  viewers: Count,
});
export type StreamNumbers = z.infer<typeof StreamNumbers>;

/** What the gateway says to a viewer, as text messages of JSON; frames come as binary messages. */
export const GatewayMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("stream/hello"),
    /** What this gateway can serve. */
    rungs: z.array(Rung),
    /** Whether it takes numbered input over the data channels of WebRTC. */
    hasInput: z.boolean().default(false),
  }),
  /** For each connection of WebRTC from now on; before `stream/hello`, and again before they run out. */
  z.object({ type: z.literal("signal/ice-servers"), iceServers: z.array(IceServer) }),
  z.object({
    type: z.literal("stream/state"),
    state: z.enum(["starting", "running", "failed"]),
    codecs: z.array(VideoCodec),
    codec: VideoCodec,
    width: Count,
    height: Count,
    fps: Count,
    /** What the encoder is told now. */
    targetKbps: Count,
    /** What `quality/set` limited it to; null: nothing. */
    maxKbps: Count.nullable(),
    hasAudio: z.boolean(),
    problem: MediaProblem.or(z.object({ code: z.string(), message: z.string() })).nullable(),
  }),
  z.object({ type: z.literal("stream/stats"), numbers: StreamNumbers }),
  z.object({ type: z.literal("signal/answer"), sdp: z.string() }),
  z.object({ type: z.literal("system/pong"), t: z.number(), guestUs: z.number().nullable() }),
  /** What the viewer asked for and does not get; the connection stays. */
  z.object({ type: z.literal("system/refused"), what: z.string(), code: z.string(), message: z.string() }),
]);
export type GatewayMessage = z.infer<typeof GatewayMessage>;

/** One viewer's way, for operators and for the doctor. */
export const ViewerStream = z.object({
  viewer: z.string(),
  rung: Rung,
  transport: PortTransport.nullable(),
  /** For how long it has been on this rung. */
  rungMs: Count,
  /** The best that it would take; null: it did not say. */
  wants: Rung.nullable(),
  /** What it can decode on this rung; null: not known. */
  codecs: z.array(VideoCodec).nullable(),
  sent: Count,
  dropped: Count,
  /** For how long it has taken nothing although pictures wait for it. */
  stuckMs: Ms,
  /** Offers of WebRTC since it came; the checks of ICE that came for the last one; how long ago one came by UDP. */
  offers: Count,
  checks: z.object({ udp: Count, tcp: Count }),
  udpAgoMs: Count.nullable(),
  /** What it last asked for and did not get. */
  refused: z.object({ what: z.string(), code: z.string(), message: z.string() }).nullable(),
  stats: ViewerStats.omit({ rung: true, transport: true }).nullable(),
});
export type ViewerStream = z.infer<typeof ViewerStream>;

/** The gateway's port of WebRTC. */
export const RtcReport = z.object({
  port: Count,
  /** What viewers are told, and whether it is an address of this machine. */
  addresses: z.array(z.object({ address: z.string(), isLocal: z.boolean() })),
  /** Why it does not listen; null: it does. */
  problem: z.string().nullable(),
});
export type RtcReport = z.infer<typeof RtcReport>;

/** Everything known of one session's picture. */
export const StreamReport = z.object({
  /** Null: WebRTC is switched off. */
  rtc: RtcReport.nullable(),
  /** Null: nobody looks at it by video, so nothing is captured. */
  source: z
    .object({
      state: z.enum(["starting", "running", "failed"]),
      codec: VideoCodec,
      width: Count,
      height: Count,
      fps: Count,
      targetKbps: Count,
      kbps: z.number(),
      captured: Count,
      unchanged: Count,
      encoded: Count,
      encodeMs: Ms,
      guestRttMs: Ms.nullable(),
      /** What the guest can encode; empty before it has said so. */
      codecs: z.array(VideoCodec),
      /** Since somebody wanted it, and since the guest last said something; null: it is not connected. */
      wantedMs: Count,
      silentMs: Count.nullable(),
      /** How often it was lost in the last minute after it had begun. */
      losses: Count,
      /** How often the guest lost its display in the last minute. */
      displayLosses: Count,
      problem: z.object({ code: z.string(), message: z.string() }).nullable(),
    })
    .nullable(),
  viewers: z.array(ViewerStream),
});
export type StreamReport = z.infer<typeof StreamReport>;

/** The data channels of WebRTC for numbered input, without negotiation (RFC 8831, 6.4): the pointer's moves, and the rest. */
export const INPUT_CHANNELS = [
  { label: "moves", id: 0, options: { ordered: false, maxRetransmits: 0 } },
  { label: "input", id: 1, options: { ordered: false } },
] as const;
