import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import type { Authenticator } from "./auth/authenticator.ts";
import type { EventLog } from "./events/event-log.ts";
import type { ProfileService } from "./profiles/profile-service.ts";
import { forgetClaimsBefore } from "./sessions/idempotency.ts";
import { sessionStore } from "./sessions/session-store.ts";
import type { Store } from "./store/store.ts";
import type { ProxyVault } from "./vault/proxy-vault.ts";

export interface HousekeepingDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly authenticator: Authenticator;
  readonly proxies: Pick<ProxyVault, "tidy">;
  readonly profiles: Pick<ProfileService, "sweep">;
  readonly eventDays: number;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** Forgets what is old, every hour until it is disposed. */
export function startHousekeeping(deps: HousekeepingDeps): Disposable {
  const closing = new AbortController();
  void keepHouse(deps, closing.signal);
  return { [Symbol.dispose]: () => closing.abort() };
}

async function keepHouse(deps: HousekeepingDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await forgetOld(deps).catch((error: unknown) =>
      deps.log.error({ err: error }, "old rows could not be removed"),
    );
    await pause(EVERY_MS, signal);
  }
}

async function forgetOld({
  store,
  events,
  authenticator,
  proxies,
  profiles,
  eventDays,
}: HousekeepingDeps): Promise<void> {
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
  await events.forgetBefore(daysAgo(eventDays));
  await sessionStore.forgetEndedBefore(store, daysAgo(eventDays));
  await proxies.tidy();
  await forgetClaimsBefore(store, daysAgo(1));
  await authenticator.forgetExpired(new Date().toISOString());
  await profiles.sweep();
}
