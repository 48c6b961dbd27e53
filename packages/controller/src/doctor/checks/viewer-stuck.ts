import { aboutViewers, SETTLE_MS } from "../about.ts";
import { type LiveCheck, manual } from "../check.ts";

const reload = manual(
  "Nobody else is disturbed. Reload that viewer's page, or send it away (`browservm share`).",
);

export const viewerStuck: LiveCheck = {
  code: "live-viewer-stuck",
  layer: "live",
  asks: "session",
  title: "Every viewer takes its pictures",
  dependsOn: ["live-gateway-down"],
  breaks: [],
  explanation: {
    symptom: "One viewer's picture stands still, others see theirs move.",
    cause:
      "The viewer's connection is open and nothing is read from it: its page hangs, or its network is gone.",
    evidence: "Pictures wait for it for seconds, and those after them are dropped.",
    fix: reload,
  },
  judge: aboutViewers(({ stuckMs, sent, dropped }) =>
    stuckMs >= SETTLE_MS
      ? {
          cause: `it has read nothing for ${Math.round(stuckMs / 1000)} s.`,
          excerpt: `${sent} sent, ${dropped} dropped, stuck for ${stuckMs} ms`,
        }
      : undefined,
  ),
};
