import { type Config, paths } from "@browservm/contract";
import type { Logger } from "pino";
import { makeAuth } from "./auth/make-auth.ts";
import { PublicAddress } from "./auth/public-address.ts";
import { EventLog } from "./events/event-log.ts";
import { GatewayClient } from "./host/gateway-client.ts";
import { HostClient } from "./host/host-client.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { makeApp } from "./http/app.ts";
import type { Parts } from "./http/parts.ts";
import type { SlowSenders } from "./http/slow-senders.ts";
import { listenOnSocket, listenOnTcp } from "./listen.ts";
import { Viewers } from "./live-view/viewers.ts";
import { PoolKeeper } from "./pools/pool-keeper.ts";
import { PoolService } from "./pools/pool-service.ts";
import { ProfileParts } from "./profiles/profile-parts.ts";
import { DoctorDesk } from "./sessions/doctor-desk.ts";
import { HostFollower } from "./sessions/host-follower.ts";
import { makeSessions } from "./sessions/make-sessions.ts";
import { SessionDesk } from "./sessions/session-desk.ts";
import { TimeoutKeeper } from "./sessions/timeouts/timeout-keeper.ts";
import { SigninParts } from "./signins/signin-parts.ts";
import { openStore } from "./store/store.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { metricsPage } from "./telemetry/metrics-page.ts";
import type { Secret } from "./vault/secret.ts";
import { startVault } from "./vault/vault-parts.ts";

export interface ControllerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  /** Of BVM_VAULT_KEY, when it was set. */
  readonly vaultKey?: Secret | undefined;
  /** How hard passwords are to hash; less than usual only in tests. */
  readonly passwordCost?: number;
  /** How long bodies of requests may take; less than usual only in tests. */
  readonly slowSenders?: SlowSenders | undefined;
}

/** A controller that listens. Dispose to stop; VMs and sessions go on. */
export interface Controller extends AsyncDisposable {
  /** `host:port` that it listens on. */
  readonly listen: string;
  /** The address that people use. */
  readonly publicUrl: string;
  readonly socketPath: string;
}

/** Opens the database, follows hostd, listens. PORT_TAKEN, ALREADY_RUNNING, STATE_DAMAGED; hostd may be away. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { config, log, version, vaultKey } = options;
  await using undo = new AsyncDisposableStack();
  const { hostSocket, gatewaySocket, controllerDatabase, controllerSocket, logs } = paths(config);
  const store = await openStore(controllerDatabase);
  undo.defer(() => store.destroy());
  const { timeoutScale } = config.limits;
  const host = undo.use(new HostClient({ socketPath: hostSocket, timeoutScale }));

  const events = new EventLog(store);
  const { limits } = config;
  const metrics = new Metrics();
  const common = { store, events, host, metrics, log };
  const vault = undo.use(await startVault({ store, events, metrics, log, config, vaultKey }));
  const keeper = undo.use(new PoolKeeper({ ...common, ...limits }));
  const pools = new PoolService({ store, host, keeper, proxies: vault.proxies });
  await pools.configure(config.pools);
  const profiles = new ProfileParts({ ...common, vault: vault.vault, config });
  const core = makeSessions({ ...common, limits, keeper, profiles, proxies: vault.proxies });
  const follower = undo.use(new HostFollower({ ...core, ...common, pools: keeper }));
  const timeouts = undo.use(new TimeoutKeeper({ ...core, store, log, warnSeconds: limits.warnSeconds }));

  let listen = config.listen;
  const address = new PublicAddress(config, () => listen);
  const auth = makeAuth({ ...options, store, address });
  const gateway = new GatewayClient({ socketPath: gatewaySocket, timeoutScale });
  const desk = new SessionDesk({ ...core, host });
  const shared = { ...core, profiles: profiles.service, store, events, desk, host, vault, log, config };
  const signins = undo.use(new SigninParts(shared));
  const doctor = new DoctorDesk({
    ...{ ...core, store, host, gateway },
    gatewayLog: `${logs}/gateway.log`,
  });
  const viewers = undo.use(new Viewers({ events, log }));
  const parts: Parts = {
    config,
    version,
    ...auth,
    address,
    ...core,
    ...{ desk, viewers, pools, doctor, vault, signins, events, host, gateway, log },
    profiles: profiles.service,
    slowSenders: options.slowSenders,
    metricsPage: () => metricsPage({ store, pools, viewers, metrics, gateway }),
  };

  const socketApp = await makeApp(parts, "socket");
  undo.defer(() => socketApp.close());
  const tcpApp = await makeApp(parts, "tcp");
  undo.defer(() => tcpApp.close());
  await listenOnSocket(socketApp, controllerSocket);
  listen = await listenOnTcp(tcpApp, config.listen);

  undo.use(startHousekeeping({ ...parts, store, proxies: vault.proxies, eventDays: limits.eventDays }));
  for (const part of [follower, keeper, timeouts, signins]) part.start();
  log.info({ listen, publicUrl: address.baseUrl() }, "the controller listens");

  const running = undo.move();
  return {
    listen,
    publicUrl: address.baseUrl(),
    socketPath: controllerSocket,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
