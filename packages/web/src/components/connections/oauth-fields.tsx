import type { ConnectionProblems } from "../../lib/connection-draft.ts";
import { NamedField } from "../named-field.tsx";
import { OAuthClientFields } from "../oauth-client-fields.tsx";
import css from "./add-connection-dialog.module.css";
import { SecretFileField } from "./secret-file-field.tsx";

/** OAuth tokens, and the client that can refresh them. */
export function OAuthFields({ problems }: { problems: ConnectionProblems }) {
  return (
    <>
      <NamedField
        name="issuer"
        label="Issuer"
        placeholder="https://accounts.example.com"
        hint="Of a provider with OpenID discovery; else give its token endpoint."
        problem={problems.issuer}
      />
      <NamedField
        name="tokenEndpoint"
        label="Token endpoint"
        placeholder="https://example.com/oauth/token"
        problem={problems.tokenEndpoint}
      />
      <div className={css.pair}>
        <OAuthClientFields problems={problems} />
      </div>
      <SecretFileField
        label="Tokens"
        hint="The JSON that the token endpoint answered: access_token, refresh_token, expires_in, scope."
        problem={problems.json}
      />
    </>
  );
}
