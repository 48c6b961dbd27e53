import type { DoctorFix } from "@browservm/contract";
import { aboutViewers, isReached, isSettled, wayOf } from "../about.ts";
import { type LiveCheck, manual } from "../check.ts";
import type { SourceSight, ViewerSight } from "../sight.ts";

interface StageSpec {
  readonly code: string;
  readonly title: string;
  readonly dependsOn: readonly string[];
  readonly symptom: string;
  readonly cause: string;
  readonly evidence: string;
  readonly fix: DoctorFix;
  /** The stage before has happened for this viewer, and this one has not. */
  readonly isDead: (viewer: ViewerSight, source: SourceSight) => boolean;
}

/** One stage of the way to a viewer: it is dead when the one before it lives. */
const stage = ({ code, title, dependsOn, symptom, cause, evidence, fix, isDead }: StageSpec): LiveCheck => ({
  code,
  layer: "live",
  asks: "session",
  title,
  dependsOn: ["live-gateway-down", "live-viewer-stuck", "live-no-common-codec", ...dependsOn],
  breaks: [],
  explanation: { symptom, cause, evidence, fix },
  judge: aboutViewers((viewer, { source }) =>
    source && isSettled(viewer) && isReached(viewer) && isDead(viewer, source)
      ? { cause: `${cause.charAt(0).toLowerCase()}${cause.slice(1)}`, excerpt: wayOf(viewer) }
      : undefined,
  ),
});

const statsOf = ({ stats }: ViewerSight) => ({
  received: stats?.received ?? null,
  decoded: stats?.decoded ?? null,
  painted: stats?.painted ?? null,
});

export const notSent = stage({
  code: "live-not-sent",
  title: "Encoded pictures are sent to every viewer",
  dependsOn: ["live-helper-restarting", "live-guest-silent", "live-stream-lost", "live-encoder-dead"],
  symptom: "One viewer has no video while the guest encodes.",
  cause: "The guest encodes pictures, and the gateway sends none of them to it.",
  evidence: "`encoded` counts, and `sent` of that viewer is 0.",
  fix: manual("Reload that viewer's page; if it stays, read the gateway's log."),
  isDead: ({ sent }, { encoded }) => encoded > 0 && sent === 0,
});

export const notReceived = stage({
  code: "live-not-received",
  title: "Pictures that are sent arrive",
  dependsOn: ["live-not-sent"],
  symptom: "The connection of WebRTC stands, and its picture is black.",
  cause: "Pictures are sent to it, and none arrives whole.",
  evidence: "`sent` counts, the viewer's `received` is 0.",
  fix: manual("A firewall may drop large packets on the way; the page tries the next way down by itself."),
  isDead: (viewer) => viewer.sent > 0 && statsOf(viewer).received === 0,
});

export const notDecoded = stage({
  code: "live-not-decoded",
  title: "Pictures that arrive are decoded",
  dependsOn: ["live-not-received"],
  symptom: "Bytes arrive, and the picture is black.",
  cause: "Pictures arrive, and its browser decodes none of them.",
  evidence: "The viewer's `received` counts, its `decoded` is 0.",
  fix: manual("Choose another codec in the quality menu."),
  isDead: (viewer) => (statsOf(viewer).received ?? 0) > 0 && statsOf(viewer).decoded === 0,
});

export const notPainted = stage({
  code: "live-not-painted",
  title: "Pictures that are decoded are painted",
  dependsOn: ["live-not-decoded"],
  symptom: "Everything counts up, and the picture stands still.",
  cause: "Pictures are decoded, and its page paints none of them: its tab is hidden, or its page hangs.",
  evidence: "The viewer's `decoded` counts, its `painted` is 0.",
  fix: manual("Bring the tab to the front, or reload it."),
  isDead: (viewer) => (statsOf(viewer).decoded ?? 0) > 0 && statsOf(viewer).painted === 0,
});
