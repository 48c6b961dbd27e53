import { SCOPES, type Scope } from "@browservm/contract";
import { CUSTOM, KEY_PRESETS, type KeyDraft } from "../../lib/people-view.ts";
import css from "./people.module.css";

interface ScopeChoiceProps {
  readonly draft: KeyDraft;
  readonly change: (part: Partial<KeyDraft>) => void;
  /** What the maker has: nobody gives more. */
  readonly scopes: readonly Scope[];
  readonly problem: string | undefined;
}

/** What a key may do: a usual set, or scope by scope. */
export function ScopeChoice({ draft, change, scopes, problem }: ScopeChoiceProps) {
  const options = [...KEY_PRESETS.map(({ id, words }) => ({ id, words })), { id: CUSTOM, words: "Choose…" }];
  return (
    <fieldset className={css.choices}>
      <legend>What it may do</legend>
      {options.map(({ id, words }) => (
        <label key={id} className={css.choice} data-chosen={id === draft.preset}>
          <input
            type="radio"
            name="key-preset"
            checked={id === draft.preset}
            onChange={() => change({ preset: id })}
          />
          <span>{words}</span>
        </label>
      ))}
      {draft.preset === CUSTOM ? <Scopes {...{ draft, change, scopes }} /> : null}
      {problem === undefined ? null : (
        <p className={css.problem} role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function Scopes({ draft, change, scopes }: Omit<ScopeChoiceProps, "problem">) {
  const toggle = (scope: Scope, isOn: boolean) => {
    const custom = new Set(draft.custom);
    if (isOn) custom.add(scope);
    else custom.delete(scope);
    change({ custom });
  };
  return (
    <ul className={css.scopeList} aria-label="Scopes">
      {scopes.map((scope) => (
        <li key={scope}>
          <label>
            <input
              type="checkbox"
              checked={draft.custom.has(scope)}
              onChange={({ target }) => toggle(scope, target.checked)}
            />
            <span>
              <code>{scope}</code> {SCOPES[scope].title}
            </span>
          </label>
        </li>
      ))}
    </ul>
  );
}
