import { type Config, paths } from "@browservm/contract";
import type { Logger } from "pino";
import { Authenticator } from "./auth/authenticator.ts";
import { PublicAddress } from "./auth/public-address.ts";
import { EventLog } from "./events/event-log.ts";
import { HostClient } from "./host/host-client.ts";
import { keepHouse } from "./housekeeping.ts";
import { makeApp } from "./http/app.ts";
import type { Parts } from "./http/parts.ts";
import { listenOnSocket, listenOnTcp } from "./listen.ts";
import { DoctorDesk } from "./sessions/doctor-desk.ts";
import { HostFollower } from "./sessions/host-follower.ts";
import { SessionDesk } from "./sessions/session-desk.ts";
import { SessionObserver } from "./sessions/session-observer.ts";
import { SessionService } from "./sessions/session-service.ts";
import { SessionWriter } from "./sessions/session-writer.ts";
import { openStore } from "./store/store.ts";

export interface ControllerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
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
export async function startController({ config, log, version }: ControllerOptions): Promise<Controller> {
  await using undo = new AsyncDisposableStack();
  const { hostSocket, controllerDatabase, controllerSocket } = paths(config);
  const store = await openStore(controllerDatabase);
  undo.defer(() => store.destroy());
  const host = undo.use(new HostClient({ socketPath: hostSocket, timeoutScale: config.limits.timeoutScale }));

  const events = new EventLog(store);
  const writer = new SessionWriter(events);
  const observer = new SessionObserver({ store, writer, host, log });
  const sessions = new SessionService({ store, events, writer, observer, host, limits: config.limits });
  const follower = undo.use(new HostFollower({ store, events, host, sessions, observer, log }));

  let listen = config.listen;
  const address = new PublicAddress(config, () => listen);
  const authenticator = new Authenticator(store);
  const desk = new SessionDesk(sessions, host);
  const doctor = new DoctorDesk({ store, sessions, host });
  const parts: Parts = { config, version, authenticator, address, sessions, desk, doctor, events, host, log };

  const socketApp = await makeApp(parts, "socket");
  undo.defer(() => socketApp.close());
  const tcpApp = await makeApp(parts, "tcp");
  undo.defer(() => tcpApp.close());
  await listenOnSocket(socketApp, controllerSocket);
  listen = await listenOnTcp(tcpApp, config.listen);

  const closing = new AbortController();
  undo.defer(() => closing.abort());
  void keepHouse({ store, events, authenticator, eventDays: config.limits.eventDays, log }, closing.signal);
  follower.start();
  log.info({ listen, publicUrl: address.baseUrl() }, "the controller listens");

  const running = undo.move();
  return {
    listen,
    publicUrl: address.baseUrl(),
    socketPath: controllerSocket,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
