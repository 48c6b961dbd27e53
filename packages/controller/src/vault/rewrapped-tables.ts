import { placeOf as placeOfProfile } from "../profiles/profile-store.ts";
import { placeOf as placeOfSignin } from "../signins/signin-secret.ts";
import type { Store } from "../store/store.ts";
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
  const of = <R extends Locked>(rows: readonly R[], placeOf: (row: R) => SecretPlace) =>
    rows.flatMap((row) => rewrappable(placeOf(row), row));
  if (table === "connection") return of(await query(table).selectAll("connection").execute(), (row) => row);
  if (table === "proxy_credentials")
    return of(await query(table).selectAll("proxy_credentials").execute(), placeOfProxy);
  if (table === "profile") return of(await query(table).selectAll("profile").execute(), placeOfProfile);
  return of(await query(table).selectAll("signin").execute(), placeOfSignin);
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

type Locked = { readonly [K in keyof WrappedKey]: WrappedKey[K] | null };

/** A row may be locked with nothing, but none of those that wait for another key is. */
const rewrappable = (at: SecretPlace, { key_version, wrapped_key }: Locked): Rewrappable[] =>
  key_version === null || wrapped_key === null ? [] : [{ at, wrapped: { key_version, wrapped_key } }];
