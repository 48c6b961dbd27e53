import type { Rung } from "@browservm/contract";
import type { ViewerState } from "@browservm/sdk/viewer";

type Way = Pick<ViewerState, "rung" | "trying" | "transport" | "why">;

const NAMES: Readonly<Record<Rung, string>> = {
  webrtc: "WebRTC",
  websocket: "WebSocket",
  vnc: "VNC",
};

/** By which way the picture comes. */
export function wayWords({ rung, trying, transport, why }: Way): string {
  const now = rung === "vnc" ? "Pictures by VNC" : `Video by ${NAMES[rung]}${transportWords(transport)}`;
  const next = trying === null ? "" : `, trying ${NAMES[trying]}`;
  return `${now}${next}${why === null ? "" : `: ${why}`}`;
}

function transportWords(transport: Way["transport"]): string {
  if (transport === null) return "";
  return transport === "relay" ? " through a relay" : ` over ${transport.toUpperCase()}`;
}

/** Why no way can show a picture: the VM's display has ended. Null while it runs, and while that is not known. */
export function goneWords({ stream }: Pick<ViewerState, "stream">): string | null {
  const problem = stream?.problem;
  return problem?.code === "NO_DISPLAY"
    ? `The VM's display does not run: ${problem.message}. The VM starts it again by itself.`
    : null;
}

export interface Row {
  readonly name: string;
  readonly value: string;
}

/** The numbers of the picture, for people. */
export function statRows(state: ViewerState): Row[] {
  const { stats, source, stages } = state;
  const counts = stages && Object.values(stages).map((count) => count ?? "–");
  const steps = counts ? [{ name: "Captured → painted", value: counts.join(" → ") }] : [];
  if (stats === null) return [{ name: "Way", value: wayWords(state) }, ...steps];
  const { latencyMs } = stats;
  const latency = latencyMs && `${ms(latencyMs.p50)} / ${ms(latencyMs.p95)}`;
  return [
    { name: "Way", value: wayWords({ ...state, why: null }) },
    { name: "Frames", value: `${Math.round(stats.fps)} per second, ${stats.dropped} dropped` },
    { name: "Bit rate", value: `${Math.round(stats.kbps)} kbit/s` },
    { name: "Loss", value: `${(stats.loss * 100).toFixed(1)} %` },
    { name: "Round trip", value: known(stats.rttMs) },
    { name: "Encoding", value: known(source?.encodeMs) },
    { name: "Jitter buffer", value: known(stats.jitterBufferMs) },
    { name: "Latency p50 / p95", value: latency ?? "not known" },
    ...steps,
  ];
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const known = (value: number | null | undefined): string =>
  value === null || value === undefined ? "not known" : ms(value);
