import { NamedField } from "./named-field.tsx";

interface OAuthClientFieldsProps {
  readonly problems: Partial<Record<"clientId" | "clientSecret", string | undefined>>;
}

/** How a client says to a provider who it is. */
export function OAuthClientFields({ problems }: OAuthClientFieldsProps) {
  return (
    <>
      <NamedField name="clientId" label="Client id" problem={problems.clientId} />
      <NamedField
        name="clientSecret"
        label="Client secret"
        type="password"
        placeholder="None"
        problem={problems.clientSecret}
      />
    </>
  );
}
