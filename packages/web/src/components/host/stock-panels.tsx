"use client";
import type { HostInfo } from "@browservm/contract";
import { stockSource } from "../../lib/live-sources.ts";
import { useLive } from "../../lib/use-live.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
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
    return isTroubled ? null : (
      <ErrorCard error={error} actions={<Button onClick={refresh}>Try again</Button>} />
    );
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
