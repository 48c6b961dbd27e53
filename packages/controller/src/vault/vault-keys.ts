import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import type { VaultKeyTable } from "../store/tables.ts";
import type { MasterKey } from "./envelope.ts";
import type { KeyRing } from "./key-ring.ts";
import { seal, unseal } from "./seal.ts";

const KNOWN = Buffer.from("browservm vault key");
const about = (version: number) => `browservm vault key probe ${version}`;

/** What a key is known by. */
export type KnownKey = Pick<VaultKeyTable, "version" | "probe">;

/** Made at once: a key's bytes are overwritten when the key is read anew, which may be while somebody waits. */
export const knownBy = ({ version, bytes }: MasterKey): KnownKey => ({
  version,
  probe: seal(bytes, KNOWN, about(version)),
});

/** Which versions of the master key there were, and what each is known by. Never a key. */
export const keyStore = {
  list: (store: Store): Promise<VaultKeyTable[]> =>
    store.selectFrom("vault_key").selectAll().orderBy("version").execute(),

  async isEmpty(store: Store): Promise<boolean> {
    return (await store.selectFrom("vault_key").select("version").executeTakeFirst()) === undefined;
  },

  /** From now on secrets are locked with this key. */
  async add(store: Store, { version, probe }: KnownKey): Promise<void> {
    await store
      .insertInto("vault_key")
      .values({ version, probe, created_at: new Date().toISOString() })
      .execute();
  },

  async current(store: Store): Promise<number> {
    const { version } = await store
      .selectFrom("vault_key")
      .select(({ fn }) => fn.max("version").as("version"))
      .executeTakeFirstOrThrow();
    return Number(version);
  },
};

/** The newest version in use. VAULT_KEY_WRONG when a key is not the one of its version; VAULT_LOCKED when it is missing. */
export function checkProbes(rows: readonly VaultKeyTable[], ring: KeyRing): number {
  for (const row of rows) {
    const key = ring.get(row.version);
    if (key && !isKnownBy(key, row)) throw wrong(row.version);
  }
  const current = rows.at(-1)?.version ?? 0;
  if (ring.get(current)) return current;
  throw new BrowserVmError("VAULT_LOCKED", `version ${current} of the master key is missing`, {
    version: current,
  });
}

function isKnownBy({ bytes, version }: MasterKey, { probe }: VaultKeyTable): boolean {
  try {
    return unseal(bytes, probe, about(version)).equals(KNOWN);
  } catch (error) {
    if (isBrowserVmError(error, "SECRET_ALTERED")) return false;
    throw error;
  }
}

const wrong = (version: number) =>
  new BrowserVmError("VAULT_KEY_WRONG", `version ${version} of the master key is another key than before`, {
    version,
  });
