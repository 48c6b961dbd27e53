"use client";
import type { HostInfo, Pool } from "@browservm/contract";
import { Layers, Plus } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { PoolDialog } from "./pool-dialog.tsx";
import { PoolItem } from "./pool-item.tsx";
import css from "./stock-panels.module.css";

/** What was asked to do with a pool; without a pool: to add one. */
export interface PoolWish {
  readonly do: "add" | "change" | "flush" | "remove";
  readonly pool?: Pool;
}

interface PoolsPanelProps {
  readonly pools: readonly Pool[];
  readonly images: HostInfo["images"];
  readonly onChanged: () => void;
}

/** VMs that are kept ready, and how well that serves. */
export function PoolsPanel({ pools, images, onChanged }: PoolsPanelProps) {
  const [wish, setWish] = useState<PoolWish | null>(null);
  const ready = pools.reduce((sum, pool) => sum + pool.ready, 0);
  return (
    <section className={css.panel} aria-labelledby="pools-title">
      <header className={css.header}>
        <h2 id="pools-title">Pools</h2>
        <p role="status">{pools.length === 0 ? "" : `${ready} ready to be handed out`}</p>
        <Button icon={<Plus size={16} />} onClick={() => setWish({ do: "add" })}>
          Add a pool
        </Button>
      </header>
      {pools.length === 0 ? (
        <div className={css.empty}>
          <Layers size={26} aria-hidden="true" />
          <p>
            No machine is made ahead of demand. A pool keeps some ready, so that a session has one in an
            instant.
          </p>
        </div>
      ) : (
        <ul className={css.list} aria-label="Pools">
          {pools.map((pool) => (
            <PoolItem key={pool.name} pool={pool} onWish={setWish} />
          ))}
        </ul>
      )}
      {wish === null ? null : (
        <Wished {...{ wish, pools, images, onChanged }} onClose={() => setWish(null)} />
      )}
    </section>
  );
}

interface WishedProps extends PoolsPanelProps {
  readonly wish: PoolWish;
  readonly onClose: () => void;
}

function Wished({ wish, pools, images, onChanged, onClose }: WishedProps) {
  const { pool } = wish;
  if (pool === undefined || wish.do === "add" || wish.do === "change")
    return <PoolDialog {...{ pool, pools, images, onClose, onChanged }} />;
  if (wish.do === "flush")
    return (
      <ConfirmDialog
        title={`Flush the pool “${pool.name}”?`}
        confirm="Flush"
        busy="Flushing…"
        look="primary"
        onConfirm={() => client.pools.flush(pool.name).then(onChanged)}
        onClose={onClose}
      >
        <p>
          Its {machines(pool.ready + pool.filling)} that nobody has taken yet end, and fresh ones take their
          place. Until then sessions get machines of their own.
        </p>
      </ConfirmDialog>
    );
  return (
    <ConfirmDialog
      title={`Remove the pool “${pool.name}”?`}
      confirm="Remove"
      busy="Removing…"
      refuse="Keep it"
      onConfirm={() => client.pools.remove(pool.name).then(onChanged)}
      onClose={onClose}
    >
      <p>
        Its {machines(pool.ready + pool.filling)} that nobody has taken yet end, and its numbers are
        forgotten. Sessions that came from it go on.
      </p>
    </ConfirmDialog>
  );
}

const machines = (count: number) => (count === 1 ? "one machine" : `${count} machines`);
