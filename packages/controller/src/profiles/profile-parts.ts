import { type Config, paths } from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../events/event-log.ts";
import type { HostClient } from "../host/host-client.ts";
import type { SessionWriter } from "../sessions/session-writer.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Vault } from "../vault/vault.ts";
import { ProfileCommit } from "./profile-commit.ts";
import { ProfileFiles } from "./profile-files.ts";
import { ProfileService } from "./profile-service.ts";
import { ProfileTransfer } from "./profile-transfer.ts";
import { SessionProfiles } from "./session-profiles.ts";

export interface ProfilePartsDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly host: HostClient;
  readonly vault: Vault;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly config: Pick<Config, "profiles" | "limits" | "stateDir" | "runDir">;
}

/** Longer than a guest may be silent in the middle of a profile, and a disk in the middle of a write. */
const STALE_MS = 900_000;

/** The parts that profiles are made of, joined. */
export class ProfileParts {
  readonly service: ProfileService;
  readonly #deps: ProfilePartsDeps;
  readonly #files: ProfileFiles;

  constructor(deps: ProfilePartsDeps) {
    this.#deps = deps;
    const { store, log, config } = deps;
    this.#files = new ProfileFiles(paths(config).profiles);
    const staleMs = STALE_MS * config.limits.timeoutScale;
    this.service = new ProfileService({ store, files: this.#files, log, staleMs });
  }

  /** What sessions do with profiles. */
  inSessions(writer: SessionWriter): SessionProfiles {
    const { config, ...deps } = this.#deps;
    const { count, mib, seconds } = config.profiles;
    const files = this.#files;
    return new SessionProfiles({
      ...deps,
      writer,
      transfer: new ProfileTransfer({ ...deps, files, mostBytes: mib * 1024 * 1024 }),
      commit: new ProfileCommit({ ...deps, files }),
      limit: count,
      deadlineMs: seconds * 1000 * config.limits.timeoutScale,
    });
  }
}
