import { type StageCounts, type StreamReport, type ViewerStream, whyBlack } from "@browservm/contract";
import { table } from "../table.ts";

type SourceReport = NonNullable<StreamReport["source"]>;

/** One session's picture for people: the source, each viewer, and for who sees nothing the first dead stage. */
export function describeStream({ source, viewers }: Pick<StreamReport, "source" | "viewers">): string {
  const head = source ? describeSource(source) : "Nobody looks by video, so nothing is captured.";
  return [head, ...(viewers.length > 0 ? [viewerTable(viewers)] : []), ...troubles(source, viewers)].join(
    "\n",
  );
}

function describeSource(source: SourceReport): string {
  const { state, codec, width, height, fps, kbps, targetKbps, captured, unchanged, encoded, problem } =
    source;
  return [
    `source      ${state}: ${codec} ${width}x${height}, ${kbps} of ${targetKbps} kbit/s, at most ${fps} fps`,
    `frames      ${captured} captured, ${unchanged} unchanged, ${encoded} encoded in ${round(source.encodeMs)} ms each`,
    `guest       ${source.guestRttMs === null ? "not asked yet" : `answers in ${round(source.guestRttMs)} ms`}`,
    ...(problem ? [`problem     ${problem.message} (${problem.code})`] : []),
  ].join("\n");
}

function viewerTable(viewers: readonly ViewerStream[]): string {
  const rows = viewers.map(({ viewer, rung, transport, sent, dropped, stats }) => [
    viewer,
    transport ? `${rung}/${transport}` : rung,
    String(sent),
    String(dropped),
    stats ? String(Math.round(stats.fps)) : "–",
    stats?.rttMs === null || !stats ? "–" : `${round(stats.rttMs)} ms`,
    stats?.latencyMs ? `${round(stats.latencyMs.p50)}/${round(stats.latencyMs.p95)} ms` : "–",
  ]);
  return table(["VIEWER", "RUNG", "SENT", "DROPPED", "FPS", "RTT", "LATENCY P50/P95"], rows);
}

function troubles(source: StreamReport["source"], viewers: readonly ViewerStream[]): string[] {
  return viewers.flatMap((viewer) => {
    const black = source && viewer.rung !== "vnc" ? whyBlack(stagesOf(source, viewer)) : undefined;
    return black
      ? [`${viewer.viewer} has no picture (${black.stage}): ${black.cause}\n  → ${black.fix}`]
      : [];
  });
}

function stagesOf(source: SourceReport, { rung, transport, sent, stats }: ViewerStream): StageCounts {
  const { captured, encoded } = source;
  return {
    captured,
    encoded,
    sent: rung === "webrtc" && transport === null ? null : sent,
    connected: rung === "webrtc" ? Number(transport !== null) : null,
    received: stats?.received ?? null,
    decoded: stats?.decoded ?? null,
    painted: stats?.painted ?? null,
  };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
