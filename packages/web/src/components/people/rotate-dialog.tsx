"use client";
import type { ApiKey } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { TimeField } from "../sessions/time-field.tsx";
import css from "./people.module.css";
import { ShownOnce } from "./shown-once.tsx";

const GRACES: readonly (readonly [number, string])[] = [
  [86_400, "1 day more"],
  [604_800, "1 week more"],
  [3600, "1 hour more"],
  [0, "no more"],
];

interface RotateDialogProps {
  readonly apiKey: ApiKey;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Gives a key a new secret, which is shown here and nowhere else. */
export function RotateDialog({ apiKey, onDone, onClose }: RotateDialogProps) {
  const [graceSeconds, setGrace] = useState(86_400);
  const [secret, setSecret] = useState<string | null>(null);
  const { isBusy, error, run } = useAttempt();
  const rotate = async () => {
    if (await run(async () => setSecret((await client.keys.rotate(apiKey.id, { graceSeconds })).secret)))
      onDone();
  };
  return (
    <Dialog title={`Rotate the key “${apiKey.name}”`} onClose={onClose}>
      {secret === null ? (
        <TimeField
          label="The old secret works"
          hint="Long enough to bring the new one to all that use it."
          times={GRACES}
          value={graceSeconds}
          onChange={setGrace}
          isFirst
        />
      ) : (
        <ShownOnce
          label="The new secret"
          hint="Copy it now: it is shown only this once."
          text={secret}
          what="secret"
        />
      )}
      {graceSeconds === 0 && secret === null ? (
        <p className={css.lead}>What the old secret has open is closed at once.</p>
      ) : null}
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose}>{secret === null ? "Cancel" : "Done"}</Button>
        {secret === null ? (
          <Button look="primary" disabled={isBusy} onClick={() => void rotate()}>
            {isBusy ? "Rotating…" : "Rotate"}
          </Button>
        ) : null}
      </DialogActions>
    </Dialog>
  );
}
