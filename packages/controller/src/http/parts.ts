import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import type { Authenticator } from "../auth/authenticator.ts";
import type { OidcLogin } from "../auth/oidc-login.ts";
import type { ProjectWall } from "../auth/project-wall.ts";
import type { PublicAddress } from "../auth/public-address.ts";
import type { EventLog } from "../events/event-log.ts";
import type { GatewayClient } from "../host/gateway-client.ts";
import type { HostClient } from "../host/host-client.ts";
import type { Viewers } from "../live-view/viewers.ts";
import type { PoolService } from "../pools/pool-service.ts";
import type { ProfileService } from "../profiles/profile-service.ts";
import type { SessionProfiles } from "../profiles/session-profiles.ts";
import type { DoctorDesk } from "../sessions/doctor-desk.ts";
import type { SessionDesk } from "../sessions/session-desk.ts";
import type { SessionEgress } from "../sessions/session-egress.ts";
import type { SessionRest } from "../sessions/session-rest.ts";
import type { SessionService } from "../sessions/session-service.ts";
import type { SessionActivity } from "../sessions/timeouts/session-activity.ts";
import type { SigninParts } from "../signins/signin-parts.ts";
import type { VaultParts } from "../vault/vault-parts.ts";
import type { SlowSenders } from "./slow-senders.ts";

/** What the API is made of. */
export interface Parts {
  readonly config: Config;
  readonly version: string;
  readonly authenticator: Authenticator;
  readonly address: PublicAddress;
  readonly wall: ProjectWall;
  readonly oidc: OidcLogin;
  readonly sessions: SessionService;
  readonly rest: SessionRest;
  readonly egress: SessionEgress;
  readonly activity: SessionActivity;
  readonly desk: SessionDesk;
  readonly viewers: Viewers;
  readonly pools: PoolService;
  /** The page of numbers, as text. */
  readonly metricsPage: () => Promise<string>;
  readonly doctor: DoctorDesk;
  readonly vault: VaultParts;
  readonly profiles: ProfileService;
  readonly sessionProfiles: SessionProfiles;
  readonly signins: SigninParts;
  readonly events: EventLog;
  readonly host: HostClient;
  readonly gateway: GatewayClient;
  readonly log: Logger;
  /** Left out: as long as usual. */
  readonly slowSenders?: SlowSenders | undefined;
}
