import type { SigninProblems } from "../../lib/signin-draft.ts";
import { NamedField } from "../named-field.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./start-signin-dialog.module.css";

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
      <div className={css.pair}>
        <NamedField
          name="doneAt"
          label="Done at the address"
          placeholder="https://example.com/home"
          hint="Or below it."
          problem={problems.doneAt}
        />
        <NamedField
          name="doneCookie"
          label="Or with the cookie"
          placeholder="session"
          hint="With neither, you say when you are done."
          problem={problems.doneCookie}
        />
      </div>
    </>
  );
}
