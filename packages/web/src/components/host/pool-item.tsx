"use client";
import type { Pool } from "@browservm/contract";
import { Lock, Pencil, RefreshCw, Trash2, TriangleAlert } from "lucide-react";
import { formatDuration, formatMib } from "../../lib/format.ts";
import { fillWords, hitShare, seatsOf } from "../../lib/pool-view.ts";
import { IconButton } from "../button.tsx";
import css from "./pool-item.module.css";
import type { PoolWish } from "./pools-panel.tsx";

interface PoolItemProps {
  readonly pool: Pool;
  readonly onWish: (wish: PoolWish) => void;
}

/** One pool: how full it is, whom it served, how long that took, and why it is not full. */
export function PoolItem({ pool, onWish }: PoolItemProps) {
  const { name, image, vcpus, memoryMib, source, reason } = pool;
  const size = [vcpus && `${vcpus} vCPU`, memoryMib && formatMib(memoryMib)].filter(Boolean).join(", ");
  return (
    <li className={css.pool}>
      <div className={css.head}>
        <div className={css.title}>
          <h3>{name}</h3>
          <p className={css.about}>
            {image}
            {size === "" ? "" : ` · ${size}`}
          </p>
          {source === "config" ? (
            <span className={css.configured} title="Pools of the configuration are changed there">
              <Lock size={12} aria-hidden="true" />
              configured
            </span>
          ) : null}
        </div>
        <div className={css.actions}>
          <IconButton label={`Flush the pool ${name}`} onClick={() => onWish({ do: "flush", pool })}>
            <RefreshCw size={16} />
          </IconButton>
          {source === "config" ? null : (
            <>
              <IconButton label={`Change the pool ${name}`} onClick={() => onWish({ do: "change", pool })}>
                <Pencil size={16} />
              </IconButton>
              <IconButton label={`Remove the pool ${name}`} onClick={() => onWish({ do: "remove", pool })}>
                <Trash2 size={16} />
              </IconButton>
            </>
          )}
        </div>
      </div>
      <div className={css.fill}>
        <Seats pool={pool} />
        <span>{fillWords(pool)}</span>
      </div>
      <Numbers pool={pool} />
      {reason === null ? null : (
        <p className={css.reason}>
          <TriangleAlert size={15} aria-hidden="true" />
          <span>
            Not full: {reason.message} <code>{reason.code}</code>
          </span>
        </p>
      )}
    </li>
  );
}

/** As sockets, one for each VM; of a large pool as one bar. */
function Seats({ pool }: { pool: Pool }) {
  const seats = seatsOf(pool);
  if (seats === undefined)
    return <progress className={css.bar} max={pool.size} value={pool.ready} aria-hidden="true" />;
  return (
    <span className={css.seats} aria-hidden="true">
      {seats.map((seat, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a seat is nothing but its place
        <i key={index} data-seat={seat} />
      ))}
    </span>
  );
}

function Numbers({ pool }: { pool: Pool }) {
  const { hits, misses, claimMs, refillMs } = pool;
  return (
    <dl className={css.numbers}>
      <div title="Sessions that found a machine here, and those that had to wait for one of their own">
        <dt>Hits</dt>
        <dd>
          {hits}
          <small>
            {misses} missed{hitShare(pool) === undefined ? "" : `, ${hitShare(pool)}`}
          </small>
        </dd>
      </div>
      <Time name="Claim" about="From the session's request until it had its machine" ms={claimMs} />
      <Time name="Refill" about="From the request for a machine until it may be claimed" ms={refillMs} />
    </dl>
  );
}

function Time({ name, about, ms }: { name: string; about: string; ms: Pool["claimMs"] }) {
  return (
    <div title={about}>
      <dt>{name}</dt>
      <dd>
        {ms === null ? "–" : formatDuration(ms.p50)}
        <small>{ms === null ? "not yet" : `p95 ${formatDuration(ms.p95)}`}</small>
      </dd>
    </div>
  );
}
