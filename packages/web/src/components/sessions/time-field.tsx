import { Field } from "./field.tsx";

interface TimeFieldProps {
  readonly label: string;
  readonly hint?: string;
  /** Seconds, and how they are called. */
  readonly times: readonly (readonly [number, string])[];
  readonly value: number;
  readonly onChange: (seconds: number) => void;
  /** Whether a dialog begins here. */
  readonly isFirst?: boolean;
}

/** How long something is good for, out of a few. */
export function TimeField({ times, value, onChange, isFirst = false, ...field }: TimeFieldProps) {
  return (
    <Field {...field}>
      {(control) => (
        <select
          {...control}
          {...(isFirst ? { "data-first-focus": true } : {})}
          value={value}
          onChange={({ target }) => onChange(Number(target.value))}
        >
          {times.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
