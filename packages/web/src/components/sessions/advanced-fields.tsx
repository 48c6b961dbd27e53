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

const STARTS = [
  ["", "The fastest way there is"],
  ["own", "A fresh machine, not one of a pool"],
  ["boot", "A fresh boot, without a snapshot"],
] as const satisfies readonly (readonly [SessionDraft["start"], string])[];

const IDLES = [
  ["", "As configured"],
  ["0", "Never"],
  ["300", "5 minutes"],
  ["900", "15 minutes"],
  ["3600", "1 hour"],
  ["14400", "4 hours"],
] as const;

const IDLE_ACTIONS = [
  ["", "As configured"],
  ["pause", "It pauses"],
  ["end", "It ends"],
] as const satisfies readonly (readonly [SessionDraft["onIdle"], string])[];

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
      <Choice
        label="Start from"
        options={STARTS}
        value={draft.start}
        problem={problems.start}
        onChange={(start) => onChange({ start })}
      />
      <Choice
        label="Ends without a reader after"
        options={LIFETIMES}
        value={draft.ttl}
        problem={problems.ttl}
        onChange={(ttl) => onChange({ ttl })}
      />
      <div className={css.pair}>
        <Choice
          label="Idle after"
          options={IDLES}
          value={draft.idle}
          problem={problems.idle}
          onChange={(idle) => onChange({ idle })}
        />
        <Choice
          label="And then"
          options={IDLE_ACTIONS}
          value={draft.onIdle}
          problem={problems.onIdle}
          onChange={(onIdle) => onChange({ onIdle })}
        />
      </div>
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

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: Value) => void;
}

function Choice<Value extends string>({ label, options, value, problem, onChange }: ChoiceProps<Value>) {
  return (
    <Field label={label} problem={problem}>
      {(control) => (
        <select
          {...control}
          value={value}
          onChange={({ target }) => {
            const chosen = options.find(([one]) => one === target.value);
            if (chosen) onChange(chosen[0]);
          }}
        >
          {options.map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
