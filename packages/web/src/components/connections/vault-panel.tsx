"use client";
import { ERRORS, type VaultStatus } from "@browservm/contract";
import { LockKeyhole, RefreshCw } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { vaultSource } from "../../lib/connection-sources.ts";
import { useLive } from "../../lib/use-live.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { ProblemCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import css from "./vault-panel.module.css";

/** How the vault is, for administrators: a banner while it is shut or its key is changed, else one line. */
export function VaultPanel({ canRotate }: { canRotate: boolean }) {
  const { data: vault, error, refresh } = useLive(vaultSource, { restsWhenHidden: true });
  const [isAsking, setAsking] = useState(false);
  // the list below says already that nothing answers
  if (vault === null)
    return error === null ? (
      <Skeleton words="Looking at the vault…" blocks={1} layout={undefined} block={css.ghost} />
    ) : null;
  return (
    <>
      {vault.state === "open" ? (
        <OpenVault vault={vault} onRotate={canRotate ? () => setAsking(true) : null} />
      ) : (
        <ShutVault vault={vault} onRetry={refresh} />
      )}
      {isAsking ? <RotateDialog vault={vault} onClose={() => setAsking(false)} onDone={refresh} /> : null}
    </>
  );
}

const FROM: Readonly<Record<VaultStatus["keyFrom"], string>> = {
  file: "from its file",
  env: "from the environment",
  command: "from a command",
};

function OpenVault({ vault, onRotate }: { vault: VaultStatus; onRotate: (() => void) | null }) {
  const { keyVersion, keyFrom, connections, profiles, waiting } = vault;
  const all = connections + profiles;
  const done = all - waiting;
  const what = profiles === 0 ? "connections" : "connections and profiles";
  return (
    <section className={css.vault} aria-label="Vault" data-busy={waiting > 0}>
      {waiting > 0 ? (
        <RefreshCw size={17} aria-hidden="true" />
      ) : (
        <LockKeyhole size={17} aria-hidden="true" />
      )}
      <div className={css.words}>
        <p role="status">
          {waiting > 0
            ? `The vault’s key is being changed: ${done} of ${all} ${what} have the new one.`
            : "The vault is open."}{" "}
          <span>
            Key {keyVersion === null ? "" : `version ${keyVersion}, `}
            {FROM[keyFrom]}.
          </span>
        </p>
        {waiting > 0 ? (
          <>
            <progress max={Math.max(1, all)} value={done} aria-label="How much has the new key" />
            <p className={css.hint}>Everything works meanwhile. What does not open keeps the old version.</p>
          </>
        ) : null}
      </div>
      {onRotate === null ? null : (
        <Button look="quiet" icon={<RefreshCw size={15} />} disabled={waiting > 0} onClick={onRotate}>
          Change the key
        </Button>
      )}
    </section>
  );
}

const CODES = {
  locked: "VAULT_LOCKED",
  wrong_key: "VAULT_KEY_WRONG",
  unusable_key: "VAULT_KEY_UNUSABLE",
} as const satisfies Record<Exclude<VaultStatus["state"], "open">, keyof typeof ERRORS>;

/** Why no secret can be stored or opened now, and what helps. */
function ShutVault({ vault, onRetry }: { vault: VaultStatus; onRetry: () => void }) {
  if (vault.state === "open") return null;
  const code = CODES[vault.state];
  const reason = {
    code,
    message:
      `${vault.reason ?? "No reason is given"}. Until that is mended no secret is stored or opened; ` +
      "listing and deleting work.",
    fix: ERRORS[code].fix,
  };
  return <ProblemCard reason={reason} actions={<Button onClick={onRetry}>Look again</Button>} />;
}

interface RotateDialogProps {
  readonly vault: VaultStatus;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function RotateDialog({ vault: { keyFrom, connections }, onClose, onDone }: RotateDialogProps) {
  return (
    <ConfirmDialog
      title="Change the vault’s key?"
      confirm="Change the key"
      busy="Changing…"
      look="primary"
      onConfirm={() => client.vault.rotate().then(onDone)}
      onClose={onClose}
    >
      <p>
        {keyFrom === "file"
          ? "A new version is made and written beside the old one."
          : "The new version must be beside the old one already, where the vault’s key comes from."}{" "}
        New secrets are locked with it at once, the {connections} that are there in the background.
      </p>
      <p>
        At the end the old version is removed. <strong>Old copies of the database need the old key:</strong>{" "}
        keep it with them if you keep them.
      </p>
    </ConfirmDialog>
  );
}
