import { randomBytes } from "node:crypto";
import type { ConnectionTable } from "../store/tables.ts";
import { KEY_BYTES, seal, unseal } from "./seal.ts";
import { Secret } from "./secret.ts";

/** Which row a secret belongs to. Bound to the ciphertext: it opens nowhere else. */
export type SecretPlace = Pick<ConnectionTable, "id" | "project" | "kind" | "version">;

/** A secret under a data key of its own, and that key under the master key. */
export type Envelope = Pick<ConnectionTable, "key_version" | "wrapped_key" | "secret">;

export interface MasterKey {
  readonly version: number;
  readonly bytes: Buffer;
}

const place = ({ id, project, kind, version }: SecretPlace) => JSON.stringify([id, project, kind, version]);
const aboutSecret = (at: SecretPlace) => `browservm connection secret ${place(at)}`;
const aboutKey = (at: SecretPlace, keyVersion: number) => `browservm data key ${keyVersion} ${place(at)}`;

/** The data key of something that is sealed elsewhere, under the master key. */
export type WrappedKey = Pick<Envelope, "key_version" | "wrapped_key">;

export const wrapKey = (master: MasterKey, at: SecretPlace, key: Buffer): WrappedKey => ({
  key_version: master.version,
  wrapped_key: seal(master.bytes, key, aboutKey(at, master.version)),
});

/** Seals `plain` with a fresh data key. */
export function close(master: MasterKey, at: SecretPlace, plain: Buffer): Envelope {
  using dataKey = new Secret(randomBytes(KEY_BYTES));
  return dataKey.use((key) => ({
    ...wrapKey(master, at, key),
    secret: seal(key, plain, aboutSecret(at)),
  }));
}

/** SECRET_ALTERED when the envelope is not this place's, or not as it was closed. */
export function open(master: MasterKey, at: SecretPlace, envelope: Envelope): Secret {
  using dataKey = unwrap(master, at, envelope);
  return dataKey.use((key) => new Secret(unseal(key, envelope.secret, aboutSecret(at))));
}

/** The same envelope under another master key; the secret is not opened for it. */
export function rewrap<E extends WrappedKey>(
  from: MasterKey,
  to: MasterKey,
  at: SecretPlace,
  envelope: E,
): E {
  using dataKey = unwrap(from, at, envelope);
  return { ...envelope, ...dataKey.use((key) => wrapKey(to, at, key)) };
}

/** SECRET_ALTERED when the key is not this place's. */
export function unwrap(
  master: MasterKey,
  at: SecretPlace,
  { wrapped_key }: Pick<WrappedKey, "wrapped_key">,
): Secret {
  return new Secret(unseal(master.bytes, wrapped_key, aboutKey(at, master.version)));
}
