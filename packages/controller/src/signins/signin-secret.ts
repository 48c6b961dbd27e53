import { BrowserVmError, isBrowserVmError, SigninSettings } from "@browservm/contract";
import { z } from "zod";
import type { NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import type { SigninTable } from "../store/tables.ts";
import { type Envelope, rewrap, type SecretPlace } from "../vault/envelope.ts";
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

const placeOf = ({ id, project, version }: Omit<SecretPlace, "kind">): SecretPlace => ({
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

/** Gives a rotation's next key to what can still be carried on or retried. What does not open any more is told when it is. */
export async function rewrapSignins(store: Store, vault: Vault, version: number): Promise<void> {
  const rows = await store
    .selectFrom("signin")
    .selectAll()
    .where("key_version", "<", version)
    .where("secret", "is not", null)
    .execute();
  for (const row of rows) {
    const { key_version: before, wrapped_key, secret } = row;
    if (before === null || wrapped_key === null || secret === null || !vault.ring.get(before)) continue;
    const envelope = { key_version: before, wrapped_key, secret };
    const next = rewrapped(vault, placeOf(row), envelope, version);
    if (!next) continue;
    // Only if nobody has changed it meanwhile: who did has used the new key.
    await store
      .updateTable("signin")
      .set({ key_version: next.key_version, wrapped_key: next.wrapped_key })
      .where("id", "=", row.id)
      .where("version", "=", row.version)
      .where("key_version", "=", before)
      .execute();
  }
}

function rewrapped(vault: Vault, at: SecretPlace, envelope: Envelope, version: number): Envelope | undefined {
  try {
    return rewrap(vault.key(envelope.key_version), vault.key(version), at, envelope);
  } catch (error) {
    if (isBrowserVmError(error, "SECRET_ALTERED")) return undefined;
    throw error;
  }
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
