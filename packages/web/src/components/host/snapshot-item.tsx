"use client";
import type { Snapshot } from "@browservm/contract";
import { CircleCheck, CircleX, History, Loader, Trash2 } from "lucide-react";
import { formatAccelerator, formatAgo, formatDuration, formatMib } from "../../lib/format.ts";
import { snapshotUse, snapshotWords } from "../../lib/snapshot-view.ts";
import { useNow } from "../../lib/use-now.ts";
import { IconButton } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import css from "./snapshot-item.module.css";

interface SnapshotItemProps {
  readonly snapshot: Snapshot;
  readonly onRemove: (snapshot: Snapshot) => void;
}

/** One golden snapshot: what it is of, whether it serves, what it takes, who runs from it. */
export function SnapshotItem({ snapshot, onRemove }: SnapshotItemProps) {
  const { id, image, vcpus, memoryMib, state, users, reason, vmm, accelerator } = snapshot;
  const hash = id.slice(image.length + 1);
  return (
    <li className={css.snapshot} data-state={snapshotUse(snapshot)}>
      <Sign snapshot={snapshot} />
      <div className={css.body}>
        <h3>
          {image} <code title={id}>{hash.slice(0, 8)}</code>
        </h3>
        <p className={css.state}>{snapshotWords(snapshot)}</p>
        {reason ? (
          <p className={css.reason}>
            {reason.message} <code>{reason.code}</code>
          </p>
        ) : null}
        <p className={css.facts}>
          <span>
            {vcpus} vCPU, {formatMib(memoryMib)}
          </span>
          {snapshot.sizeMib === undefined ? null : <span>{formatMib(snapshot.sizeMib)} on disk</span>}
          <Made snapshot={snapshot} />
          <span>
            {vmm}, {formatAccelerator(accelerator)}
          </span>
        </p>
      </div>
      <div className={css.actions}>
        <CopyButton text={id} what={`the id of the snapshot ${hash.slice(0, 8)}`} isSmall />
        {state === "ready" ? (
          <IconButton
            label={users > 0 ? `In use: it cannot be removed` : `Remove the snapshot ${hash.slice(0, 8)}`}
            disabled={users > 0}
            onClick={() => onRemove(snapshot)}
          >
            <Trash2 size={16} />
          </IconButton>
        ) : null}
      </div>
    </li>
  );
}

const SIGNS = { building: Loader, failed: CircleX, old: History, serves: CircleCheck } as const;

function Sign({ snapshot }: { snapshot: Snapshot }) {
  const Icon = SIGNS[snapshotUse(snapshot)];
  return <Icon className={css.sign} size={18} aria-hidden="true" />;
}

function Made({ snapshot: { madeAt, buildMs } }: { snapshot: Snapshot }) {
  const now = useNow(5000);
  if (madeAt === undefined || now === null) return null;
  return (
    <span>
      made {formatAgo(madeAt, now)}
      {buildMs === undefined ? "" : ` in ${formatDuration(buildMs)}`}
    </span>
  );
}
