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
