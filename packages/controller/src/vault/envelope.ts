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

/** Seals `plain` with a fresh data key. */
export function close(master: MasterKey, at: SecretPlace, plain: Buffer): Envelope {
  using dataKey = new Secret(randomBytes(KEY_BYTES));
  return dataKey.use((key) => ({
    key_version: master.version,
    wrapped_key: seal(master.bytes, key, aboutKey(at, master.version)),
    secret: seal(key, plain, aboutSecret(at)),
  }));
}

/** SECRET_ALTERED when the envelope is not this place's, or not as it was closed. */
export function open(master: MasterKey, at: SecretPlace, envelope: Envelope): Secret {
  using dataKey = unwrap(master, at, envelope);
  return dataKey.use((key) => new Secret(unseal(key, envelope.secret, aboutSecret(at))));
}

/** The same envelope under another master key; the secret is not opened for it. */
export function rewrap(from: MasterKey, to: MasterKey, at: SecretPlace, envelope: Envelope): Envelope {
  using dataKey = unwrap(from, at, envelope);
  const wrapped = dataKey.use((key) => seal(to.bytes, key, aboutKey(at, to.version)));
  return { ...envelope, key_version: to.version, wrapped_key: wrapped };
}

function unwrap(master: MasterKey, at: SecretPlace, { wrapped_key }: Envelope): Secret {
  return new Secret(unseal(master.bytes, wrapped_key, aboutKey(at, master.version)));
}
