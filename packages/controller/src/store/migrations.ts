import type { Migration } from "kysely/migration";
import { sessionMigration } from "./migrations/001-sessions.ts";
import { authMigration } from "./migrations/002-auth.ts";
import { poolMigration } from "./migrations/003-pools-and-rest.ts";
import { sharingMigration } from "./migrations/004-sharing.ts";
import { vaultMigration } from "./migrations/005-vault.ts";
import { signinMigration } from "./migrations/006-signins.ts";
import { peopleMigration } from "./migrations/007-people.ts";
import { egressMigration } from "./migrations/008-egress.ts";
import { profileMigration } from "./migrations/009-profiles.ts";
import { proxyCredentialsMigration } from "./migrations/010-proxy-credentials.ts";

/** Applied in the order of their names; a migration that was released is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  "001-sessions": sessionMigration,
  "002-auth": authMigration,
  "003-pools-and-rest": poolMigration,
  "004-sharing": sharingMigration,
  "005-vault": vaultMigration,
  "006-signins": signinMigration,
  "007-people": peopleMigration,
  "008-egress": egressMigration,
  "009-profiles": profileMigration,
  "010-proxy-credentials": proxyCredentialsMigration,
};
