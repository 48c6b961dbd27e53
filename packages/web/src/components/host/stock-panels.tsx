"use client";
import type { HostInfo } from "@browservm/contract";
import { stockSource } from "../../lib/live-sources.ts";
import { useLive } from "../../lib/use-live.ts";
import { LoadProblem } from "../load-problem.tsx";
import { Skeleton } from "../skeleton.tsx";
import { PoolsPanel } from "./pools-panel.tsx";
import { SnapshotsPanel } from "./snapshots-panel.tsx";
import css from "./stock-panels.module.css";

interface StockPanelsProps {
  readonly host: HostInfo | null;
  /** The page says already that something does not answer: once is enough. */
  readonly isTroubled: boolean;
}

/** What is kept ready on this machine: pools of VMs, and the snapshots that they start from. */
export function StockPanels({ host, isTroubled }: StockPanelsProps) {
  const { data, error, refresh } = useLive(stockSource, { restsWhenHidden: true });
  if (data === null && error !== null)
    return isTroubled ? null : <LoadProblem error={error} isStale={false} onRetry={refresh} />;
  if (data === null)
    return (
      <Skeleton
        words="Looking for pools and snapshots…"
        blocks={2}
        layout={css.panels}
        block={css.skeleton}
      />
    );
  return (
    <div className={css.panels}>
      <PoolsPanel pools={data.pools} images={host?.images ?? []} onChanged={refresh} />
      <SnapshotsPanel look={data} host={host} onChanged={refresh} />
    </div>
  );
}
