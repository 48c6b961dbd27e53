"use client";
import type { BrowserVmError, HostInfo, Pool } from "@browservm/contract";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import {
  draftOfPool,
  EMPTY_POOL,
  type PoolDraft,
  type PoolProblems,
  readPoolDraft,
} from "../../lib/pool-draft.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import { ImageField } from "../sessions/image-field.tsx";
import css from "./stock-panels.module.css";

interface PoolDialogProps {
  /** Absent: a new one. */
  readonly pool: Pool | undefined;
  readonly pools: readonly Pool[];
  readonly images: HostInfo["images"];
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** Asks which VMs are to be kept ready, and how many. */
export function PoolDialog({ pool, pools, images, onClose, onChanged }: PoolDialogProps) {
  const [draft, setDraft] = useState<PoolDraft>(pool ? draftOfPool(pool) : EMPTY_POOL);
  const [problems, setProblems] = useState<PoolProblems>({});
  const { isBusy, error, run } = useAttempt();
  const change = (part: Partial<PoolDraft>) => {
    setDraft({ ...draft, ...part });
    setProblems({});
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readPoolDraft(draft, pool ? [] : pools.map(({ name }) => name));
    if (!read.ok) return setProblems(read.problems);
    if (!(await run(() => client.pools.set(read.name, read.spec)))) return;
    onChanged();
    onClose();
  };
  const defaults = images.find(({ name }) => name === draft.image)?.defaults;
  return (
    <Dialog title={pool ? `Change the pool “${pool.name}”` : "Add a pool"} onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <div className={css.pair}>
          <TextField
            {...{ draft, problems }}
            field="name"
            label="Name"
            placeholder="warm"
            isFixed={pool !== undefined}
            onChange={change}
          />
          <TextField
            {...{ draft, problems }}
            field="size"
            label="Kept ready"
            hint={mostWords(error) ?? "Machines; 0 keeps none."}
            isFirst={pool !== undefined}
            onChange={change}
          />
        </div>
        <ImageField
          images={images}
          value={draft.image}
          problem={problems.image}
          onChange={(image) => change({ image })}
        />
        <div className={css.pair}>
          <TextField
            {...{ draft, problems }}
            field="vcpus"
            label="vCPU"
            placeholder={defaults ? String(defaults.vcpus) : "The image's default"}
            onChange={change}
          />
          <TextField
            {...{ draft, problems }}
            field="memoryMib"
            label="Memory (MiB)"
            placeholder={defaults ? String(defaults.memoryMib) : "The image's default"}
            onChange={change}
          />
        </div>
        {pool ? <p>Machines of another image or size are replaced.</p> : null}
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {pool ? "Change" : "Add"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** What would fit, of a pool that was too large. */
function mostWords(error: BrowserVmError | null): string | undefined {
  if (error?.code !== "POOL_TOO_LARGE") return undefined;
  const { most } = error.details ?? {};
  return typeof most === "number" ? `At most ${most} fit on this machine.` : undefined;
}

interface TextFieldProps {
  readonly draft: PoolDraft;
  readonly problems: PoolProblems;
  readonly field: keyof PoolDraft;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isFixed?: boolean;
  readonly isFirst?: boolean;
  readonly onChange: (part: Partial<PoolDraft>) => void;
}

function TextField(props: TextFieldProps) {
  const {
    draft,
    problems,
    field,
    label,
    hint,
    placeholder,
    isFixed = false,
    isFirst = false,
    onChange,
  } = props;
  return (
    <Field label={label} problem={problems[field]} {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <input
          {...control}
          {...(isFirst || (field === "name" && !isFixed) ? { "data-first-focus": true } : {})}
          inputMode={field === "name" ? "text" : "numeric"}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          disabled={isFixed}
          value={draft[field]}
          onChange={({ target }) => onChange({ [field]: target.value })}
        />
      )}
    </Field>
  );
}
