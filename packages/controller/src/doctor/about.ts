import type { StreamReport } from "@browservm/contract";
import { gatewaySaw, type Judgement, pass, type Seen, skip, unknown } from "./check.ts";
import type { LiveSight, SourceSight, ViewerSight } from "./sight.ts";

export const GATEWAY_DOWN = "live-gateway-down";
/** What of the guest's own path is dead when its stream is. */
export const GUEST_AWAY: readonly string[] = [
  GATEWAY_DOWN,
  "vmm-dead",
  "vmm-stopped",
  "vmm-paused",
  "guest-frozen",
  "guest-silent",
  "guest-panic",
  "guest-out-of-memory",
  "guest-not-answering",
  "guest-tcp-dead",
  "agent-mute",
  "agent-port-refused",
];
/** A picture that is new needs so long before its absence is a fault, in milliseconds. */
export const SETTLE_MS = 5000;

/** Judges the gateway's report, where there is one. */
export const aboutGateway =
  (judge: (report: StreamReport) => Judgement) =>
  ({ gateway }: LiveSight): Judgement =>
    "report" in gateway
      ? judge(gateway.report)
      : unknown("The media gateway does not tell.", [gatewaySaw("report", gateway.down)]);

/** Judges the picture that the guest sends, where somebody wants one. */
export const aboutSource = (judge: (source: SourceSight, report: StreamReport) => Judgement) =>
  aboutGateway((report) =>
    report.source
      ? judge(report.source, report)
      : skip("source", "nobody looks by video, so nothing is captured"),
  );

/** What is wrong with one viewer's picture. */
export interface ViewerTrouble {
  readonly cause: string;
  readonly excerpt: string;
}

/**
 * Asks of each viewer. It is a fault for who wants video and has none, else a warning: a better way is closed to it, and a
 * picture is there.
 */
export const aboutViewers = (
  look: (viewer: ViewerSight, report: StreamReport) => ViewerTrouble | undefined,
) =>
  aboutGateway((report) => {
    const troubled = report.viewers.flatMap((viewer) => {
      const trouble = look(viewer, report);
      return trouble ? [{ viewer, trouble }] : [];
    });
    const [first] = troubled;
    if (!first) return nobodyTroubled(report);
    const verdict = troubled.some(({ viewer }) => !hasVideo(viewer)) ? "fail" : "warn";
    const seen: Seen[] = troubled.map(({ viewer, trouble }) => gatewaySaw(viewer.viewer, trouble.excerpt));
    const others = troubled.length > 1 ? ` (and ${troubled.length - 1} more)` : "";
    return { verdict, cause: `Viewer ${first.viewer.viewer}${others}: ${first.trouble.cause}`, seen };
  });

const nobodyTroubled = ({ viewers }: StreamReport): Judgement =>
  viewers.length === 0
    ? skip("viewers", "nobody looks by the gateway")
    : pass("viewers", viewers.map(wayOf).join("; "));

/** Its way in words. */
export const wayOf = ({ viewer, rung, transport, sent, stats }: ViewerSight): string =>
  `${viewer} ${transport ? `${rung}/${transport}` : rung}, ${sent} sent, ${stats?.painted ?? "?"} painted`;

/** It sees video, or wants none. */
const hasVideo = ({ rung, wants, stats }: ViewerSight): boolean =>
  rung === "vnc" ? wants === "vnc" : (stats?.painted ?? 0) > 0;

/** It has been on its way for long enough that a picture should be there. */
export const isSettled = ({ rungMs }: ViewerSight): boolean => rungMs >= SETTLE_MS;

/** It is on a rung with video, and packets come through. */
export const isReached = ({ rung, transport }: ViewerSight): boolean =>
  rung === "websocket" || (rung === "webrtc" && transport !== null);

/** Its tries of WebRTC are over, or have had their time. */
export const hasTriedRtc = (viewer: ViewerSight): boolean =>
  viewer.offers > 0 && (viewer.rung !== "webrtc" || isSettled(viewer));

export const checksOf = ({ offers, checks }: ViewerSight): string =>
  `${offers} offers; for the last one ${checks.udp} checks of ICE by UDP, ${checks.tcp} by TCP`;
