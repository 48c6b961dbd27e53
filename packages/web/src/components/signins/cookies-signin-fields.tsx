import type { SigninProblems } from "../../lib/signin-draft.ts";
import { NamedField } from "../named-field.tsx";
import { Field } from "../sessions/field.tsx";

/** A website to sign in at, and what is captured of it. */
export function CookiesSigninFields({ problems }: { problems: SigninProblems }) {
  return (
    <>
      <NamedField name="provider" label="Name it" placeholder="example" problem={problems.provider} />
      <NamedField
        name="url"
        label="Page to sign in at"
        placeholder="https://example.com/login"
        problem={problems.url}
      />
      <Field
        label="Origins"
        hint="One a line. Cookies and storage of these are captured, and of no others. Empty: that page’s own."
        problem={problems.origins}
      >
        {(control) => (
          <textarea {...control} name="origins" spellCheck={false} placeholder="https://example.com" />
        )}
      </Field>
      <NamedField
        name="doneCookie"
        label="Done with the cookie"
        placeholder="None"
        hint="It is done as soon as one of the origins has a cookie of this name. Without it you say when."
        problem={problems.doneCookie}
      />
    </>
  );
}
