import { Field } from "../sessions/field.tsx";

interface SecretFileFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly problem: string | undefined;
}

/** A JSON file with secrets; or its text, which is pasted without being shown. */
export function SecretFileField({ label, hint, problem }: SecretFileFieldProps) {
  return (
    <>
      <Field label={label} hint={hint} problem={problem}>
        {(control) => <input {...control} type="file" name="json" accept=".json,application/json" />}
      </Field>
      <Field label="or paste it" hint="It is not shown while you paste it.">
        {(control) => (
          <input {...control} type="password" name="pasted" autoComplete="new-password" spellCheck={false} />
        )}
      </Field>
    </>
  );
}
