import type { Logger } from "pino";
import type { EventLog } from "../events/event-log.ts";
import type { HostClient } from "../host/host-client.ts";
import type { PoolKeeper } from "../pools/pool-keeper.ts";
import type { ProfileParts } from "../profiles/profile-parts.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ProxyVault } from "../vault/proxy-vault.ts";
import { ProxyHandover } from "./proxy-handover.ts";
import type { SessionLimits } from "./session-draft.ts";
import { SessionEgress } from "./session-egress.ts";
import { SessionLauncher } from "./session-launcher.ts";
import { SessionObserver } from "./session-observer.ts";
import { SessionRest } from "./session-rest.ts";
import { SessionService } from "./session-service.ts";
import { SessionWriter } from "./session-writer.ts";
import { SessionActivity } from "./timeouts/session-activity.ts";

export interface SessionsDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly host: HostClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: SessionLimits;
  readonly keeper: PoolKeeper;
  readonly profiles: ProfileParts;
  readonly proxies: ProxyVault;
}

/** The parts that sessions are made of, joined. */
export function makeSessions({ keeper: pools, profiles: kept, ...deps }: SessionsDeps) {
  const writer = new SessionWriter(deps.events);
  const profiles = kept.inSessions(writer);
  const observer = new SessionObserver({ ...deps, writer, profiles });
  const handover = new ProxyHandover(deps);
  const launcher = new SessionLauncher({ ...deps, writer, observer, pools, handover });
  const activity = new SessionActivity(deps.store);
  const sessions = new SessionService({ ...deps, writer, launcher, activity, profiles });
  const rest = new SessionRest({ ...deps, observer });
  const egress = new SessionEgress({ ...deps, writer, handover });
  return { writer, observer, activity, sessions, rest, egress, handover, sessionProfiles: profiles };
}
