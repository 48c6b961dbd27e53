import type { SigninProblems } from "../../lib/signin-draft.ts";
import { NamedField } from "../named-field.tsx";
import { OAuthClientFields } from "../oauth-client-fields.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./start-signin-dialog.module.css";

const ADVANCED = [
  "authorizationEndpoint",
  "tokenEndpoint",
  "deviceEndpoint",
  "audience",
  "parameters",
  "redirectPort",
  "redirectPath",
];

/** A client of an OAuth provider, and what is asked for. */
export function OAuthSigninFields({ problems }: { problems: SigninProblems }) {
  const hasHiddenProblem = ADVANCED.some((name) => problems[name] !== undefined);
  return (
    <>
      <div className={css.pair}>
        <NamedField name="provider" label="Name it" placeholder="example" problem={problems.provider} />
        <NamedField
          name="issuer"
          label="Issuer"
          placeholder="https://accounts.example.com"
          problem={problems.issuer}
        />
        <OAuthClientFields problems={problems} />
      </div>
      <NamedField
        name="scopes"
        label="Scopes"
        placeholder="openid offline_access"
        hint="With spaces between. Most providers give a refresh token for offline_access."
        problem={problems.scopes}
      />
      <details className={css.more} open={hasHiddenProblem || undefined}>
        <summary>Device code, endpoints, audience, parameters, redirect</summary>
        <Advanced problems={problems} />
      </details>
    </>
  );
}

function Advanced({ problems }: { problems: SigninProblems }) {
  return (
    <div className={css.advanced}>
      <div className={css.pair}>
        <Choice
          name="flow"
          label="Flow"
          options={[
            ["code", "Authorization code with PKCE"],
            ["device", "Device code"],
          ]}
        />
        <Choice
          name="subjectFrom"
          label="The account is named by"
          options={[
            ["sub", "sub, which never changes"],
            ["email", "email"],
            ["preferred_username", "preferred_username"],
          ]}
        />
        <NamedField
          name="authorizationEndpoint"
          label="Authorization endpoint"
          problem={problems.authorizationEndpoint}
        />
        <NamedField name="tokenEndpoint" label="Token endpoint" problem={problems.tokenEndpoint} />
        <NamedField name="deviceEndpoint" label="Device endpoint" problem={problems.deviceEndpoint} />
        <NamedField name="audience" label="Audience" problem={problems.audience} />
        <NamedField
          name="redirectPort"
          label="Redirect port"
          placeholder="0"
          hint="On the VM’s own localhost; 0 is any."
          problem={problems.redirectPort}
        />
        <NamedField
          name="redirectPath"
          label="Redirect path"
          placeholder="/callback"
          problem={problems.redirectPath}
        />
      </div>
      <Field
        label="More parameters"
        hint="For the authorization request, one a line. Google gives a refresh token for access_type=offline and prompt=consent."
        problem={problems.parameters}
      >
        {(control) => (
          <textarea {...control} name="parameters" spellCheck={false} placeholder="prompt=consent" />
        )}
      </Field>
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [string, string])[];
}

function Choice({ name, label, options }: ChoiceProps) {
  return (
    <Field label={label}>
      {(control) => (
        <select {...control} name={name}>
          {options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
