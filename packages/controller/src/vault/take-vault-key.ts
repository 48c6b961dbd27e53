import { Secret } from "./secret.ts";

const VARIABLE = "BVM_VAULT_KEY";

/** Takes the master key out of an environment, so that no child of ours can inherit it. */
export function takeVaultKey(env: Record<string, string | undefined>): Secret | undefined {
  const value = env[VARIABLE];
  delete env[VARIABLE];
  return value === undefined ? undefined : new Secret(Buffer.from(value, "utf8"));
}
