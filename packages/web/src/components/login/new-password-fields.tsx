import { useState } from "react";
import { Field } from "../sessions/field.tsx";

const SHORTEST = 12;

interface Problem {
  readonly at: "first" | "again";
  readonly words: string;
}

interface NewPassword {
  readonly password: string;
  readonly again: string;
  readonly problem: Problem | null;
  readonly setPassword: (text: string) => void;
  readonly setAgain: (text: string) => void;
}

/** A new password as it is typed, twice, with what is wrong with it. */
export function useNewPassword(): NewPassword {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  return { password, again, problem: problemOf(password, again), setPassword, setAgain };
}

function problemOf(password: string, again: string): Problem | null {
  if (password.length < SHORTEST) return { at: "first", words: `At least ${SHORTEST} characters.` };
  if (password !== again) return { at: "again", words: "Not the same." };
  return null;
}

interface NewPasswordFieldsProps {
  readonly typed: NewPassword;
  /** Problems are shown once somebody tried. */
  readonly isTried: boolean;
}

/** A new password, twice. */
export function NewPasswordFields({ typed, isTried }: NewPasswordFieldsProps) {
  const { password, again, problem, setPassword, setAgain } = typed;
  const wrong = (at: Problem["at"]) => (isTried && problem?.at === at ? problem.words : undefined);
  return (
    <>
      <PasswordField
        label="New password"
        hint={`${SHORTEST} characters or more; a few words are easier to keep than odd signs.`}
        problem={wrong("first")}
        value={password}
        onChange={setPassword}
      />
      <PasswordField label="The same again" problem={wrong("again")} value={again} onChange={setAgain} />
    </>
  );
}

interface PasswordFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly problem: string | undefined;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

function PasswordField({ value, onChange, ...field }: PasswordFieldProps) {
  return (
    <Field {...field}>
      {(control) => (
        <input
          {...control}
          type="password"
          autoComplete="new-password"
          maxLength={200}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
