import { Field } from "../sessions/field.tsx";

interface YourNameFieldProps {
  readonly value: string;
  readonly onChange: (name: string) => void;
  /** Problems are shown once somebody tried. */
  readonly isTried: boolean;
  /** Whether a dialog begins here. */
  readonly isFirst?: boolean;
}

/** What somebody wants to be called. */
export function YourNameField({ value, onChange, isTried, isFirst = false }: YourNameFieldProps) {
  return (
    <Field label="Your name" problem={isTried && value.trim() === "" ? "Others see you by it." : undefined}>
      {(control) => (
        <input
          {...control}
          {...(isFirst ? { "data-first-focus": true } : {})}
          autoComplete="name"
          maxLength={60}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
