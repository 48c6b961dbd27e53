import { z } from "zod";
import { MediaProblem } from "./guest-messages.ts";
import { VideoCodec } from "./wire.ts";

/** The ways of the picture to a viewer, the best first. `vnc` needs no gateway. */
export const Rung = z.enum(["webrtc", "websocket", "vnc"]);
export type Rung = z.infer<typeof Rung>;
/** How WebRTC's packets travel; `relay`: through a TURN server, which only the viewer knows. */
export const RtcTransport = z.enum(["udp", "tcp", "relay"]);

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
  z.strictObject({ type: z.literal("rung/choose"), rung: Rung, audio: z.boolean().default(false) }),
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

/** One viewer's way, for operators. */
export const ViewerStream = z.object({
  viewer: z.string(),
  rung: Rung,
  transport: RtcTransport.nullable(),
  sent: Count,
  dropped: Count,
  stats: ViewerStats.omit({ rung: true, transport: true }).nullable(),
});
export type ViewerStream = z.infer<typeof ViewerStream>;

/** Everything known of one session's picture. */
export const StreamReport = z.object({
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
      problem: z.object({ code: z.string(), message: z.string() }).nullable(),
    })
    .nullable(),
  viewers: z.array(ViewerStream),
});
export type StreamReport = z.infer<typeof StreamReport>;
