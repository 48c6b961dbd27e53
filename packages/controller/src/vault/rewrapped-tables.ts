import { placeOf } from "../profiles/profile-store.ts";
import { toRewrap } from "../signins/signin-secret.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionTable, ProfileTable, ProxyCredentialsTable } from "../store/tables.ts";
import type { SecretPlace, WrappedKey } from "./envelope.ts";
import { placeOfProxy } from "./proxy-place.ts";

/** A row whose data key is given over from one version of the master key to the next. */
export interface Rewrappable {
  readonly at: SecretPlace;
  readonly wrapped: WrappedKey;
}

/** Tables of rows that last, and so must follow a rotation. */
export const REWRAPPED = ["connection", "profile", "signin", "proxy_credentials"] as const;
type Rewrapped = (typeof REWRAPPED)[number];

export interface BatchQuery {
  readonly before: number;
  readonly after: string;
  readonly limit: number;
}

/** The next rows that are locked with an older key, by their ids. */
export async function rowsToRewrap(
  store: Store,
  table: Rewrapped,
  { before, after, limit }: BatchQuery,
): Promise<Rewrappable[]> {
  const query = <T extends Rewrapped>(name: T) =>
    store
      .selectFrom<Rewrapped>(name)
      .where("key_version", "<", before)
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit);
  if (table === "connection") return (await query(table).selectAll("connection").execute()).map(ofConnection);
  if (table === "proxy_credentials")
    return (await query(table).selectAll("proxy_credentials").execute()).map(ofProxy);
  if (table === "profile") return (await query(table).selectAll("profile").execute()).flatMap(ofProfile);
  return (await query(table).selectAll("signin").execute()).flatMap(toRewrap);
}

/** Only if nobody has changed the row meanwhile: who did has used the new key. */
export async function storeRewrapped(
  store: Store,
  table: Rewrapped,
  { at, wrapped: before }: Rewrappable,
  { key_version, wrapped_key }: WrappedKey,
): Promise<void> {
  await store
    .updateTable(table)
    .set({ key_version, wrapped_key })
    .where("id", "=", at.id)
    .where("version", "=", at.version)
    .where("key_version", "=", before.key_version)
    .execute();
}

/** How many rows are locked with an older version of the master key. */
export async function countBefore(store: Store, version: number): Promise<number> {
  let count = 0;
  for (const table of REWRAPPED) {
    const { n } = await store
      .selectFrom<Rewrapped>(table)
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .where("key_version", "<", version)
      .executeTakeFirstOrThrow();
    count += Number(n);
  }
  return count;
}

const ofProxy = (row: ProxyCredentialsTable): Rewrappable => ({ at: placeOfProxy(row), wrapped: row });

const ofConnection = (row: ConnectionTable): Rewrappable => ({ at: row, wrapped: row });

function ofProfile(row: ProfileTable): Rewrappable[] {
  const { key_version, wrapped_key } = row;
  return key_version === null || wrapped_key === null
    ? []
    : [{ at: placeOf(row), wrapped: { key_version, wrapped_key } }];
}
