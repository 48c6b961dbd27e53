import { Rung } from "@browservm/contract";
import type { PictureReport } from "../stream/session-stream.ts";

/** Of all streams, in the text exposition format of Prometheus (0.0.4). Without names of sessions: those come and go. */
export function metricsLines(reports: readonly PictureReport[]): string[] {
  const sources = reports.flatMap(({ source }) => source ?? []);
  const viewers = reports.flatMap((report) => report.viewers);
  const states = ["starting", "running", "failed"] as const;
  return [
    ...gauge("browservm_live_sources", "Sessions whose picture is captured, by state.", [
      ...states.map((state) => [{ state }, sources.filter((one) => one.state === state).length] as const),
    ]),
    ...gauge("browservm_live_viewers", "Viewers of pictures, by the way that they travel.", [
      ...Rung.options.map((rung) => [{ rung }, viewers.filter((one) => one.rung === rung).length] as const),
    ]),
    ...sum("browservm_live_kbps", "Kilobits per second from all guests.", sources, ({ kbps }) => kbps),
    ...worst(
      "browservm_live_encode_ms",
      "Typical time to encode a picture, in the slowest guest.",
      sources,
      (one) => one.encodeMs,
    ),
    ...sum("browservm_live_frames_sent", "Pictures sent to those who look now.", viewers, ({ sent }) => sent),
    ...sum(
      "browservm_live_frames_dropped",
      "Pictures not sent to those who look now.",
      viewers,
      (one) => one.dropped,
    ),
    ...sum(
      "browservm_live_fps",
      "Pictures per second that all viewers see.",
      viewers,
      ({ stats }) => stats?.fps ?? 0,
    ),
    ...worst(
      "browservm_live_latency_p50_ms",
      "From screen to screen, typical, of the slowest viewer.",
      viewers,
      (one) => one.stats?.latencyMs?.p50 ?? 0,
    ),
    ...worst(
      "browservm_live_latency_p95_ms",
      "From screen to screen, of the slowest viewer.",
      viewers,
      (one) => one.stats?.latencyMs?.p95 ?? 0,
    ),
  ];
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function gauge(name: string, help: string, samples: readonly Sample[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((one) => line(name, one))];
}

function line(name: string, [labels, value]: Sample): string {
  const words = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
  return `${name}${words.length > 0 ? `{${words.join(",")}}` : ""} ${value}`;
}

const sum = <T>(name: string, help: string, all: readonly T[], of: (one: T) => number): string[] =>
  gauge(name, help, [[{}, all.reduce((total, one) => total + of(one), 0)]]);

const worst = <T>(name: string, help: string, all: readonly T[], of: (one: T) => number): string[] =>
  gauge(name, help, [[{}, Math.max(0, ...all.map(of))]]);
