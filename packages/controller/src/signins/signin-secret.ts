import { BrowserVmError, isBrowserVmError, SigninSettings } from "@browservm/contract";
import { z } from "zod";
import type { NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import type { SigninTable } from "../store/tables.ts";
import type { SecretPlace } from "../vault/envelope.ts";
import type { SecretWriter } from "../vault/secret-writer.ts";
import type { Vault } from "../vault/vault.ts";
import type { SealedSignin } from "./signin-store.ts";

const SigninSecret = z.object({
  settings: SigninSettings,
  /** What must be known to go on after a restart, e.g. the PKCE verifier; as its recipe understands it. */
  flow: z.unknown(),
});
/** What is under lock and key while a sign-in may go on. */
export type SigninSecret = z.infer<typeof SigninSecret>;

export const placeOf = ({ id, project, version }: Omit<SecretPlace, "kind">): SecretPlace => ({
  id,
  project,
  kind: "signin",
  version,
});

type Keep<T> = (sealed: SealedSignin, trx: Store, append: (event: NewEvent) => Promise<void>) => Promise<T>;

/** Locks it with the key that is the current one when `work` stores it: all of that or nothing. VAULT_LOCKED and its like. */
export function keepSealed<T>(
  writer: SecretWriter,
  secret: SigninSecret,
  at: Omit<SecretPlace, "kind">,
  work: Keep<T>,
): Promise<T> {
  const encode = () => Buffer.from(JSON.stringify(secret), "utf8");
  return writer.seal(placeOf(at), encode, (envelope, trx, append) =>
    work({ ...envelope, version: at.version }, trx, append),
  );
}

/** SIGNIN_INTERRUPTED when it is gone, or was locked with a master key that is gone; and what the vault says. */
export async function openSignin(vault: Vault, row: SigninTable): Promise<SigninSecret> {
  const { key_version, wrapped_key, secret } = row;
  if (key_version === null || wrapped_key === null || secret === null) throw gone(row.id);
  // A vault that is shut says so itself.
  if (key_version < vault.current && !vault.ring.get(key_version)) throw gone(row.id);
  using bytes = await vault
    .unlock(placeOf(row), { key_version, wrapped_key, secret })
    .catch((error: unknown) => {
      throw isBrowserVmError(error, "SECRET_ALTERED") ? gone(row.id) : error;
    });
  return bytes.use((plain) => SigninSecret.parse(JSON.parse(plain.toString("utf8"))));
}

const gone = (id: string) =>
  new BrowserVmError("SIGNIN_INTERRUPTED", `how sign-in ${id} was to be done is not known any more`);
