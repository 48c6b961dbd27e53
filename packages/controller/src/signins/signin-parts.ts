import type { Config } from "@browservm/contract";
import type { Logger } from "pino";
import type { EventLog } from "../events/event-log.ts";
import type { HostClient } from "../host/host-client.ts";
import type { ProfileService } from "../profiles/profile-service.ts";
import type { SessionProfiles } from "../profiles/session-profiles.ts";
import type { SessionDesk } from "../sessions/session-desk.ts";
import type { SessionService } from "../sessions/session-service.ts";
import type { Store } from "../store/store.ts";
import { SecretWriter } from "../vault/secret-writer.ts";
import type { VaultParts } from "../vault/vault-parts.ts";
import { knownProviders } from "./providers.ts";
import { SigninChoice } from "./signin-choice.ts";
import { SigninKeeper } from "./signin-keeper.ts";
import { type RunnerDeps, SigninRunner } from "./signin-runner.ts";
import { SigninService } from "./signin-service.ts";
import { SigninSessions } from "./signin-sessions.ts";
import { SigninWriter } from "./signin-writer.ts";
import { VmGuest } from "./vm-guest.ts";

export interface SigninPartsDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly sessions: SessionService;
  readonly desk: SessionDesk;
  readonly host: HostClient;
  readonly vault: VaultParts;
  readonly sessionProfiles: SessionProfiles;
  readonly profiles: ProfileService;
  readonly log: Logger;
  readonly config: Pick<Config, "vault" | "limits" | "signins">;
}

/** The parts that sign-ins are made of, joined. Dispose to stop; what goes on is carried on at the next start. */
export class SigninParts implements AsyncDisposable {
  readonly service: SigninService;
  readonly runner: SigninRunner;
  readonly #keeper: SigninKeeper;

  constructor(deps: SigninPartsDeps) {
    const { store, events, sessions, desk, host, vault: parts, log, config } = deps;
    const { sessionProfiles: profiles, profiles: kept } = deps;
    const { vault, connections } = parts;
    const writer = new SigninWriter(events);
    const secrets = new SecretWriter({ vault, events });
    const rooms = new SigninSessions({ store, events, sessions });
    const guestOf: RunnerDeps["guestOf"] = ({ request }, sessionId, signal) =>
      new VmGuest({ desk, signins: host.signins, sessionId, signal, timeoutMs: request.expiresIn * 1000 });
    this.runner = new SigninRunner({
      ...{ store, writer, sessions: rooms, vault, secrets, connections, guestOf, profiles, kept, log },
    });
    const { runner } = this;
    const known = knownProviders(config.signins.providers);
    const choice = new SigninChoice({ store, vault, log, known, limit: config.vault.connections });
    const { atOnce } = config.signins;
    this.service = new SigninService({ store, vault, secrets, writer, choice, runner, atOnce });
    this.#keeper = new SigninKeeper({ store, runner, log, days: config.limits.eventDays });
  }

  start(): void {
    this.#keeper.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]();
    await this.runner[Symbol.asyncDispose]();
  }
}
