import type { HTMLInputTypeAttribute } from "react";
import { Field } from "./sessions/field.tsx";

interface NamedFieldProps {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly problem: string | undefined;
  readonly isFirst?: boolean;
  readonly type?: HTMLInputTypeAttribute;
}

/** A line of text that its form reads when it is sent: nothing of it is kept, nor written into the page. */
export function NamedField(props: NamedFieldProps) {
  const { name, label, placeholder, hint, problem, isFirst = false, type = "text" } = props;
  return (
    <Field label={label} problem={problem} {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <input
          {...control}
          {...(isFirst ? { "data-first-focus": true } : {})}
          name={name}
          type={type}
          // "off" alone does not keep a browser from filling a password in
          autoComplete={type === "password" ? "new-password" : "off"}
          spellCheck={false}
          placeholder={placeholder}
        />
      )}
    </Field>
  );
}
