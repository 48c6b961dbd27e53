import type { DraftProblems, SessionDraft } from "../../lib/session-draft.ts";
import { Field } from "./field.tsx";
import css from "./new-session-dialog.module.css";

interface AdvancedFieldsProps {
  readonly draft: SessionDraft;
  readonly problems: DraftProblems;
  readonly onChange: (part: Partial<SessionDraft>) => void;
}

const LIFETIMES = [
  ["", "As configured"],
  ["900", "15 minutes"],
  ["3600", "1 hour"],
  ["14400", "4 hours"],
  ["86400", "1 day"],
  ["604800", "7 days"],
] as const;

/** What most people leave alone. */
export function AdvancedFields({ draft, problems, onChange }: AdvancedFieldsProps) {
  return (
    <div className={css.advanced}>
      <div className={css.pair}>
        <Field label="vCPU" problem={problems.vcpus}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              placeholder="2"
              value={draft.vcpus}
              onChange={(event) => onChange({ vcpus: event.target.value })}
            />
          )}
        </Field>
        <Field label="Memory (MiB)" problem={problems.memoryMib}>
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              placeholder="2048"
              value={draft.memoryMib}
              onChange={(event) => onChange({ memoryMib: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label="Ends by itself after" problem={problems.ttl}>
        {(control) => (
          <select {...control} value={draft.ttl} onChange={(event) => onChange({ ttl: event.target.value })}>
            {LIFETIMES.map(([seconds, words]) => (
              <option key={seconds} value={seconds}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Environment" hint="One KEY=value a line." problem={problems.environment}>
        {(control) => (
          <textarea
            {...control}
            spellCheck={false}
            placeholder={"LANG=de_DE.UTF-8\nTZ=Europe/Berlin"}
            value={draft.environment}
            onChange={(event) => onChange({ environment: event.target.value })}
          />
        )}
      </Field>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={draft.keepFailed}
          onChange={(event) => onChange({ keepFailed: event.target.checked })}
        />
        Keep the machine for inspection if its proof fails
      </label>
    </div>
  );
}
