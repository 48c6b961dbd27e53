import type { WayStats } from "./video-way.ts";

/** A report of `RTCPeerConnection.getStats` as it is read here: any entry may lack any field. */
export type StatsEntry = Readonly<Record<string, unknown>>;

export const NO_STATS: WayStats = {
  transport: null,
  received: 0,
  decoded: 0,
  painted: 0,
  dropped: 0,
  bytes: 0,
  loss: 0,
  rttMs: null,
  jitterBufferMs: null,
};

/** What a connection's report says of picture and network. Loss and jitter buffer are since `before`. */
export function readRtcStats(entries: readonly StatsEntry[], before?: readonly StatsEntry[]): WayStats {
  const video = inboundVideo(entries);
  const last = before && inboundVideo(before);
  const since = (name: string) => number(video, name) - number(last, name);
  const lost = Math.max(0, since("packetsLost"));
  const packets = lost + since("packetsReceived");
  const emitted = since("jitterBufferEmittedCount");
  const pair = activePair(entries);
  const rtt = pair?.currentRoundTripTime;
  return {
    transport: transportOf(entries, pair),
    received: number(video, "framesReceived"),
    decoded: number(video, "framesDecoded"),
    painted: 0,
    dropped: number(video, "framesDropped"),
    bytes: entries
      .filter(({ type }) => type === "inbound-rtp")
      .reduce((sum, one) => sum + number(one, "bytesReceived"), 0),
    loss: packets > 0 ? lost / packets : 0,
    rttMs: typeof rtt === "number" ? rtt * 1000 : null,
    jitterBufferMs: emitted > 0 ? (since("jitterBufferDelay") / emitted) * 1000 : null,
  };
}

const inboundVideo = (entries: readonly StatsEntry[]): StatsEntry | undefined =>
  entries.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");

function activePair(entries: readonly StatsEntry[]): StatsEntry | undefined {
  const chosen = entries.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  const isActive = ({ id, type, nominated, state }: StatsEntry) =>
    type === "candidate-pair" &&
    (chosen === undefined ? nominated === true && state === "succeeded" : id === chosen);
  return entries.find(isActive);
}

function transportOf(entries: readonly StatsEntry[], pair: StatsEntry | undefined): WayStats["transport"] {
  const candidate = (id: unknown) => entries.find((one) => pair !== undefined && one.id === id);
  if (candidate(pair?.localCandidateId)?.candidateType === "relay") return "relay";
  const remote = candidate(pair?.remoteCandidateId);
  return remote?.protocol === "udp" || remote?.protocol === "tcp" ? remote.protocol : null;
}

function number(entry: StatsEntry | undefined, name: string): number {
  const value = entry?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
