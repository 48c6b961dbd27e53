import type { StreamReport } from "@browservm/contract";
import type { SourceSight, ViewerSight } from "../sight.ts";

export const SOURCE: SourceSight = {
  state: "running",
  codec: "vp8",
  width: 1280,
  height: 720,
  fps: 30,
  targetKbps: 2000,
  kbps: 900,
  captured: 900,
  unchanged: 300,
  encoded: 600,
  encodeMs: 9,
  guestRttMs: 1,
  codecs: ["vp8", "h264"],
  wantedMs: 60_000,
  silentMs: 300,
  losses: 0,
  displayLosses: 0,
  problem: null,
};

export const VIEWER: ViewerSight = {
  viewer: `vwr_${"a".repeat(20)}`,
  rung: "webrtc",
  transport: "udp",
  rungMs: 60_000,
  wants: "webrtc",
  codecs: ["vp8", "h264"],
  sent: 600,
  dropped: 0,
  stuckMs: 0,
  offers: 1,
  checks: { udp: 20, tcp: 0 },
  udpAgoMs: 900,
  refused: null,
  stats: {
    received: 600,
    decoded: 600,
    painted: 598,
    dropped: 0,
    fps: 25,
    kbps: 900,
    loss: 0,
    rttMs: 4,
    jitterBufferMs: 1,
    latencyMs: null,
  },
};

export const RTC: NonNullable<StreamReport["rtc"]> = {
  port: 4001,
  addresses: [{ address: "192.0.2.7", isLocal: true }],
  problem: null,
};

/** One viewer sees what one guest sends; what differs is given. */
export const pictureOf = (
  source: Partial<SourceSight> | null = {},
  ...viewers: readonly Partial<ViewerSight>[]
): StreamReport => ({
  rtc: RTC,
  source: source && { ...SOURCE, ...source },
  viewers: (viewers.length > 0 ? viewers : [{}]).map((viewer) => ({ ...VIEWER, ...viewer })),
});
