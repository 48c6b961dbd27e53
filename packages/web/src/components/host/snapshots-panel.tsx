"use client";
import type { HostInfo, Snapshot } from "@browservm/contract";
import { Camera, CameraOff } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import type { StockLook } from "../../lib/live-sources.ts";
import { snapshotsSummary } from "../../lib/snapshot-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { ImageField } from "../sessions/image-field.tsx";
import { SnapshotItem } from "./snapshot-item.tsx";
import css from "./stock-panels.module.css";

interface SnapshotsPanelProps {
  readonly look: StockLook;
  readonly host: HostInfo | null;
  readonly onChanged: () => void;
}

/** Images that were booted once and frozen, so that VMs need not boot. */
export function SnapshotsPanel({ look, host, onChanged }: SnapshotsPanelProps) {
  const { snapshots, snapshotsError } = look;
  const [isMaking, setMaking] = useState(false);
  const [removing, setRemoving] = useState<Snapshot | null>(null);
  const cannot = host?.snapshots.usable === false ? host.snapshots.reason : undefined;
  return (
    <section className={css.panel} aria-labelledby="snapshots-title">
      <header className={css.header}>
        <h2 id="snapshots-title">Golden snapshots</h2>
        <p role="status">{snapshotsSummary(snapshots)}</p>
        {cannot === undefined && snapshotsError === null ? (
          <Button icon={<Camera size={16} />} onClick={() => setMaking(true)}>
            Make one
          </Button>
        ) : null}
      </header>
      {snapshotsError === null ? (
        <Shown snapshots={snapshots} cannot={cannot} onRemove={setRemoving} />
      ) : (
        <p className={css.empty}>{snapshotsError.message}</p>
      )}
      {isMaking ? (
        <MakeDialog images={host?.images ?? []} onClose={() => setMaking(false)} onChanged={onChanged} />
      ) : null}
      {removing === null ? null : (
        <ConfirmDialog
          title="Remove this snapshot?"
          confirm="Remove"
          busy="Removing…"
          refuse="Keep it"
          onConfirm={() => client.snapshots.remove(removing.id).then(onChanged)}
          onClose={() => setRemoving(null)}
        >
          <p>
            <code>{removing.id}</code> is deleted from the disk. The next session of “{removing.image}” that
            wants it makes it anew, which takes as long as a boot.
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}

interface ShownProps {
  readonly snapshots: readonly Snapshot[];
  /** Why nothing can be frozen here, if so. */
  readonly cannot: string | undefined;
  readonly onRemove: (snapshot: Snapshot) => void;
}

function Shown({ snapshots, cannot, onRemove }: ShownProps) {
  if (snapshots.length > 0)
    return (
      <ul className={css.list} aria-label="Golden snapshots">
        {snapshots.map((snapshot) => (
          <SnapshotItem key={`${snapshot.id}:${snapshot.state}`} snapshot={snapshot} onRemove={onRemove} />
        ))}
      </ul>
    );
  return (
    <div className={css.empty}>
      {cannot === undefined ? (
        <Camera size={26} aria-hidden="true" />
      ) : (
        <CameraOff size={26} aria-hidden="true" />
      )}
      <p>
        {cannot === undefined
          ? "None yet. The first session of an image makes one by itself; then sessions wake in seconds instead of booting."
          : `Every machine boots here: ${cannot}.`}
      </p>
    </div>
  );
}

interface MakeDialogProps {
  readonly images: HostInfo["images"];
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

function MakeDialog({ images, onClose, onChanged }: MakeDialogProps) {
  const [image, setImage] = useState(images[0]?.name ?? "browser");
  const { isBusy, error, run } = useAttempt();
  const make = async () => {
    if (!(await run(() => client.snapshots.make({ image })))) return;
    onChanged();
    onClose();
  };
  return (
    <Dialog title="Make a golden snapshot" onClose={onClose}>
      <p>
        The image is booted once, its browser paints, and the machine is frozen before it knew any secret.
        Machines of the image’s default size start from there.
      </p>
      <ImageField images={images} value={image} problem={undefined} onChange={setImage} />
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" disabled={isBusy} onClick={() => void make()}>
          Make it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
