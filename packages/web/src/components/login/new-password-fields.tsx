import { Field } from "../sessions/field.tsx";

const SHORTEST = 12;

/** What is wrong with a new password, typed twice. */
export function passwordProblem(
  password: string,
  again: string,
): { at: "first" | "again"; words: string } | null {
  if (password.length < SHORTEST) return { at: "first", words: `At least ${SHORTEST} characters.` };
  if (password !== again) return { at: "again", words: "Not the same." };
  return null;
}

interface NewPasswordFieldsProps {
  readonly password: string;
  readonly again: string;
  /** Problems are shown once somebody tried. */
  readonly isTried: boolean;
  readonly setPassword: (text: string) => void;
  readonly setAgain: (text: string) => void;
}

/** A new password, twice. */
export function NewPasswordFields(props: NewPasswordFieldsProps) {
  const { password, again, isTried, setPassword, setAgain } = props;
  const problem = isTried ? passwordProblem(password, again) : null;
  return (
    <>
      <Field
        label="New password"
        hint={`${SHORTEST} characters or more; a few words are easier to keep than odd signs.`}
        problem={problem?.at === "first" ? problem.words : undefined}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="new-password"
            maxLength={200}
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
        )}
      </Field>
      <Field label="The same again" problem={problem?.at === "again" ? problem.words : undefined}>
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="new-password"
            maxLength={200}
            value={again}
            onChange={({ target }) => setAgain(target.value)}
          />
        )}
      </Field>
    </>
  );
}
