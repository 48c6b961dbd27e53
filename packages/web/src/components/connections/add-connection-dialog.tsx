"use client";
import type { ConnectionKind } from "@browservm/contract";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { type ConnectionProblems, readConnectionDraft } from "../../lib/connection-draft.ts";
import { readConnectionForm } from "../../lib/connection-form.ts";
import { KIND_WORDS } from "../../lib/connection-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { NamedField } from "../named-field.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./add-connection-dialog.module.css";
import { FilesFields } from "./files-fields.tsx";
import { OAuthFields } from "./oauth-fields.tsx";
import { SecretFileField } from "./secret-file-field.tsx";

interface AddConnectionDialogProps {
  readonly onClose: () => void;
  readonly onAdded: () => void;
}

const KINDS = ["oauth", "files", "cookies"] as const satisfies readonly ConnectionKind[];

/** Stores credentials that somebody has already. The form keeps no secret: they are read once, when it is sent. */
export function AddConnectionDialog({ onClose, onAdded }: AddConnectionDialogProps) {
  const [kind, setKind] = useState<ConnectionKind>("oauth");
  const [problems, setProblems] = useState<ConnectionProblems>({});
  const { isBusy, error, run } = useAttempt();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const read = readConnectionDraft(await readConnectionForm(event.currentTarget, kind));
    if (!read.ok) return setProblems(read.problems);
    if (!(await run(() => client.connections.create(read.request)))) return;
    onAdded();
    onClose();
  };
  return (
    <Dialog title="Add a connection" onClose={onClose}>
      <form
        className={css.form}
        noValidate
        autoComplete="off"
        onChange={() => setProblems({})}
        onSubmit={(event) => void submit(event)}
      >
        <KindChoice kind={kind} onKind={setKind} />
        <div className={css.pair}>
          <NamedField
            name="provider"
            label="Provider"
            placeholder="google"
            problem={problems.provider}
            isFirst
          />
          <NamedField
            name="subject"
            label="Account"
            placeholder="you@example.com"
            problem={problems.subject}
          />
        </div>
        {kind === "oauth" ? <OAuthFields problems={problems} /> : null}
        {kind === "files" ? <FilesFields problem={problems.files} /> : null}
        {kind === "cookies" ? (
          <SecretFileField
            label="Browser state"
            hint="The JSON that Playwright’s storageState writes."
            problem={problems.json}
          />
        ) : null}
        <p className={css.note}>
          Secrets go to the vault and are never shown again, here or anywhere else on this page.
        </p>
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {isBusy ? "Storing…" : "Store it"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function KindChoice({ kind, onKind }: { kind: ConnectionKind; onKind: (kind: ConnectionKind) => void }) {
  return (
    <fieldset className={css.kinds}>
      <legend>What is stored</legend>
      {KINDS.map((one) => (
        <label key={one}>
          <input type="radio" name="kind" value={one} checked={kind === one} onChange={() => onKind(one)} />
          <span>{KIND_WORDS[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
