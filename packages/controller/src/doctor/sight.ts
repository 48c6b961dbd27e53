import type { StreamReport } from "@browservm/contract";

/** What was seen of one session's picture, or of the gateway alone, at one moment. */
export interface LiveSight {
  /** What the gateway told, or why it told nothing and where its log is. */
  readonly gateway: { readonly report: StreamReport } | { readonly down: string; readonly log: string };
}

export type SourceSight = NonNullable<StreamReport["source"]>;
export type ViewerSight = StreamReport["viewers"][number];
