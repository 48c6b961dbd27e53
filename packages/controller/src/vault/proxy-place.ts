import type { Store } from "../store/store.ts";
import type { ProxyCredentialsTable } from "../store/tables.ts";
import type { SecretPlace } from "./envelope.ts";

/** Where credentials of a proxy belong: with its address, and nowhere else. */
export const placeOfProxy = ({
  id,
  address,
  version,
}: Pick<ProxyCredentialsTable, "id" | "address" | "version">): SecretPlace => ({
  id,
  project: "",
  kind: `proxy ${address}`,
  version,
});

/** How many are locked with an older version of the master key. */
export async function proxiesBefore(store: Store, version: number): Promise<number> {
  const { n } = await store
    .selectFrom("proxy_credentials")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("key_version", "<", version)
    .executeTakeFirstOrThrow();
  return Number(n);
}
