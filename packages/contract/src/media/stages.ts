/** The way of a picture, in its order. */
export const STAGES = ["captured", "encoded", "sent", "connected", "received", "decoded", "painted"] as const;
export type Stage = (typeof STAGES)[number];

/** How often each stage has happened; null where it is not known or not part of the way. */
export type StageCounts = Readonly<Record<Stage, number | null>>;

/** Why there is no picture: the first stage that never happened, with its cause and what to do. */
export interface BlackCause {
  readonly stage: Stage;
  readonly cause: string;
  readonly fix: string;
}

const CAUSES: Readonly<Record<Stage, Omit<BlackCause, "stage">>> = {
  captured: {
    cause: "The VM does not read its screen: its display or its capture does not run.",
    fix: "Run `browservm doctor` for this session; the agent's log says what it tried.",
  },
  encoded: {
    cause: "The VM reads its screen, but nothing comes out of the encoder.",
    fix: "Choose another codec in the quality menu; the agent's log has the encoder's own words.",
  },
  sent: {
    cause: "The VM encodes pictures, but the gateway sends none to this viewer.",
    fix: "Reload the page; if it stays, see the gateway's log.",
  },
  connected: {
    cause:
      "No packet of WebRTC comes through: UDP and TCP to the gateway's port are blocked, or it announces an address that you cannot reach.",
    fix: "Open the port that `media.port` names, or set `media.announce` to the address of this server.",
  },
  received: {
    cause: "The connection is there, but no picture arrives.",
    fix: "A firewall may cut large packets; the next way down is tried by itself.",
  },
  decoded: {
    cause: "Pictures arrive, but this browser cannot decode them.",
    fix: "Choose another codec in the quality menu.",
  },
  painted: {
    cause: "Pictures are decoded, but not painted: the tab may be hidden.",
    fix: "Bring the tab to the front.",
  },
};

/** The first stage that never happened; undefined when all did, or nothing is known to be missing. */
export function whyBlack(counts: StageCounts): BlackCause | undefined {
  const stage = STAGES.find((name) => counts[name] === 0);
  return stage && { stage, ...CAUSES[stage] };
}
