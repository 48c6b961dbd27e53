import type { ClipboardPolicy } from "@browservm/contract";
import css from "./new-session-dialog.module.css";

interface ClipboardFieldsProps {
  readonly policy: ClipboardPolicy;
  readonly onChange: (part: Partial<ClipboardPolicy>) => void;
}

const WAYS = [
  ["toGuest", "Its clipboard takes what viewers put on it"],
  ["fromGuest", "Viewers see what is copied in it"],
] as const satisfies readonly (readonly [keyof ClipboardPolicy, string])[];

/** Which way content may go between the session's clipboard and viewers'. */
export function ClipboardFields({ policy, onChange }: ClipboardFieldsProps) {
  return WAYS.map(([way, words]) => (
    <label key={way} className={css.check}>
      <input
        type="checkbox"
        checked={policy[way]}
        onChange={({ target }) => onChange({ [way]: target.checked })}
      />
      {words}
    </label>
  ));
}
